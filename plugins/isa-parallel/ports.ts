import { parallelErrors } from "./errors.ts";

/** Where the PC's parallel ports are. */
const BASES = [0x378, 0x278, 0x3bc] as const;

export interface PortPlace {
  readonly index: number;
  readonly base: number;
}

/** Which of the ports are taken; one table per machine. */
export class ParallelPorts {
  #next = 0;

  /** The next index unless one is given. Throws `PARALLEL_PORTS`. */
  claim(given: number | undefined): PortPlace {
    const index = given ?? this.#next;
    const base = BASES[index];
    if (base === undefined) throw parallelErrors.PARALLEL_PORTS(BASES.length);
    this.#next = index + 1;
    return { index, base };
  }
}
