import type { Command, ObjectSchema } from "backplane";

/** Registers a command for as long as the machine lives. */
export type AddCommand = <A extends ObjectSchema>(command: Command<A>) => void;
