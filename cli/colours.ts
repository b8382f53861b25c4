import { createColors } from "picocolors";

const { FORCE_COLOR, NO_COLOR } = process.env;

/**
 * Colours for what is printed to standard output: where that is a terminal. A pipe gets plain text, under CI as well; the
 * usual variables say otherwise.
 */
export const colours = createColors((NO_COLOR ?? "") === "" && (process.stdout.isTTY || (FORCE_COLOR ?? "") !== ""));
