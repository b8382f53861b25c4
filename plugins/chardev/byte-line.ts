import type { BackplaneError } from "backplane";
import type { CharConnection, Chardev, Chardevs, CharFrontend } from "./contract.ts";

/** What a guest writes before its far end is there is kept up to here. */
const EARLY_LIMIT = 64 * 1024;

/** The device's end of a character device that takes single bytes, for ports of a guest's. */
export class ByteLine {
  readonly #early: number[] = [];
  #connection: CharConnection | undefined;

  /** The far end, while somebody is there. */
  get connection(): CharConnection | undefined {
    return this.#connection;
  }

  write(byte: number): void {
    if (this.#connection !== undefined) this.#connection.write(Uint8Array.of(byte));
    else if (this.#early.length < EARLY_LIMIT) this.#early.push(byte);
  }

  /** What to attach to the character device. Without `received` the guest cannot be told anything. */
  frontend(received: (bytes: Uint8Array) => void = () => undefined): CharFrontend {
    return {
      opened: (connection) => {
        this.#connection = connection;
        const early = this.#early.splice(0);
        if (early.length > 0) connection.write(Uint8Array.from(early));
      },
      closed: () => {
        this.#connection = undefined;
      },
      received,
      drained: () => undefined,
    };
  }
}

/** The character device that a device's property names; undefined where it names none. Throws what `errors` make. */
export function namedChardev(
  chardevs: Chardevs,
  id: string | undefined,
  errors: { unknown(id: string): BackplaneError; inUse(id: string): BackplaneError },
): Chardev | undefined {
  if (id === undefined || id === "") return undefined;
  const found = chardevs.all().find((candidate) => candidate.id === id);
  if (found === undefined) throw errors.unknown(id);
  if (!found.isFree) throw errors.inUse(id);
  return found;
}
