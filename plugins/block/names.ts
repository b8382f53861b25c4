// Names of nodes: what a user may give, and what is made up where none is given.
import { isIdentifier } from "./identifier.ts";
import { blockErrors } from "./errors.ts";

const LENGTH_LIMIT = 31;
const STEP = 37;

/** Throws with the peer's text. */
export function checkNodeName(name: string): void {
  if (!isIdentifier(name)) throw blockErrors.BLOCK_NODE_NAME(name);
}

export function checkNodeNameLength(name: string): void {
  if (name.length > LENGTH_LIMIT) throw blockErrors.BLOCK_NODE_NAME_LONG();
}

/**
 * `#block` with a number and two digits that cannot be guessed on the peer, so that nobody relies on the name. Here two
 * runs of one scenario have the same names.
 */
export class NodeNames {
  #next = 0;

  make(): string {
    const number = this.#next++;
    return `#block${number}${String((number * STEP + 23) % 100).padStart(2, "0")}`;
  }
}
