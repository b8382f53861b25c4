import { closeSync, constants, openSync, read } from "node:fs";
import { promisify } from "node:util";
import {
  disposable,
  errnoOf,
  hostErrorText,
  inject,
  injectable,
  OBJECT,
  prop,
  type Logger,
  type ObjectContext,
  type ObjectType,
} from "backplane";
import { RandomBackend } from "./backend.ts";
import { rngErrors } from "./errors.ts";

const readInto = promisify(read);
/** How long a source that has nothing for now is left alone. */
const PAUSE_MS = 20;

export const fileType = {
  name: "rng-random",
  parent: "rng-backend",
  properties: { opened: prop.readonly("bool", true), filename: prop.string("/dev/urandom") },
} satisfies ObjectType;

function refuseChange(): void {
  throw rngErrors.RNG_FILE_SETTLED();
}

/** Reads from a file of the host: a random device, a FIFO. */
@injectable()
export class FileRandom extends RandomBackend {
  readonly #file: number;
  readonly #log: Logger;
  #isOpen = true;

  constructor(@inject(OBJECT) context: ObjectContext<typeof fileType.properties>) {
    super(context);
    const { filename } = context.properties;
    if (filename === "") throw rngErrors.RNG_FILE_NAME();
    this.#log = context.log;
    context.object.add({ name: "filename", type: "string", set: refuseChange });
    try {
      this.#file = openSync(filename, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (failure) {
      throw rngErrors.RNG_FILE(filename, hostErrorText(failure));
    }
    context.own(
      disposable(() => {
        this.#isOpen = false;
        closeSync(this.#file);
      }),
    );
  }

  protected override async produce(length: number): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(length);
    while (this.#isOpen) {
      const count = await this.#read(buffer);
      if (count === undefined) return undefined;
      if (count > 0) return buffer.subarray(0, count);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
    }
    return undefined;
  }

  /** 0 where there is nothing for now: the writer of a FIFO may come back. */
  async #read(buffer: Uint8Array): Promise<number | undefined> {
    try {
      return (await readInto(this.#file, buffer, 0, buffer.length, null)).bytesRead;
    } catch (failure) {
      if (errnoOf(failure) === "EAGAIN") return 0;
      if (this.#isOpen) this.#log.warn("no random bytes can be read", { error: failure });
      return undefined;
    }
  }
}
