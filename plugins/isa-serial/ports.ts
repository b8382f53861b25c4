import { serialErrors } from "./errors.ts";

/** The PC's four serial ports. */
const PORTS = [
  { base: 0x3f8, irq: 4 },
  { base: 0x2f8, irq: 3 },
  { base: 0x3e8, irq: 4 },
  { base: 0x2e8, irq: 3 },
] as const;

export interface PortPlace {
  readonly index: number;
  readonly base: number;
  readonly irq: number;
}

/** Which of the ports are taken; one table per machine. */
export class SerialPorts {
  #next = 0;

  /** The next index unless one is given. Throws `SERIAL_PORTS`. */
  claim(given: number | undefined): PortPlace {
    const index = given ?? this.#next;
    const port = PORTS[index];
    if (port === undefined) throw serialErrors.SERIAL_PORTS(PORTS.length);
    this.#next = index + 1;
    return { index, ...port };
  }
}
