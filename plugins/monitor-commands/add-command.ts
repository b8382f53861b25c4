import type { Command, StructSchema } from "backplane";

/** Registers a command for as long as the machine lives. */
export type AddCommand = <A extends StructSchema>(command: Command<A>) => void;
