import type { Words } from "./words.ts";

/** Of a line whose verb exists and whose arguments cannot be read. The peer ends itself here. */
export const INVALID = "ERR invalid argument";

/** Arguments whose size cannot be right; the peer says so itself. */
export const INVALID_SIZE = "ERR invalid argument size";

/** A verb: reads its arguments and returns the answer, without the line's end. */
export type Verb = (words: Words) => string;
