import type { CharConnection } from "./contract.ts";

/** A file that gets a copy of what is written. */
export interface OutputLog {
  write(data: string | Uint8Array): void;
}

/** What a front end sees of a connection: its input waits until the machine is there, and its output may be logged. */
export class FrontConnection implements CharConnection {
  readonly #connection: CharConnection;
  readonly #log: OutputLog | undefined;
  #isHeld: boolean;
  #isWanted = false;

  constructor(connection: CharConnection, log: OutputLog | undefined, isHeld: boolean) {
    this.#connection = connection;
    this.#log = log;
    this.#isHeld = isHeld;
  }

  get buffered(): number {
    return this.#connection.buffered;
  }

  write(data: string | Uint8Array): void {
    this.#log?.write(data);
    this.#connection.write(data);
  }

  pause(): void {
    this.#isWanted = false;
    this.#connection.pause();
  }

  resume(): void {
    this.#isWanted = true;
    if (!this.#isHeld) this.#connection.resume();
  }

  close(): void {
    this.#connection.close();
  }

  /** The machine is there: what was sent may be read. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.#isWanted) this.#connection.resume();
  }

  belongsTo(connection: CharConnection | undefined): boolean {
    return this.#connection === connection;
  }
}
