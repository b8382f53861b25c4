import type { JsonObject, Logger } from "backplane";
import type { MigrationAddress } from "../contract.ts";
import { migrationErrors } from "../errors.ts";
import type { IncomingRequest, LoadableStream } from "../incoming.ts";
import type { SectionRegistry } from "../sections.ts";
import type { ByteSource } from "./byte-source.ts";
import { openCommand } from "./command-source.ts";
import { openDescriptor } from "./descriptor-source.ts";
import { openFileSource } from "./file-source.ts";
import { listen } from "./listener.ts";
import { LoadFailure } from "./load-failure.ts";
import { loadStream } from "./load-stream.ts";
import { StreamInput } from "./stream-input.ts";

/** Opens the source of an incoming stream; `listening` hears at which addresses, where it waits for somebody to connect. */
export async function openIncoming(
  { address, byMonitor }: IncomingRequest,
  listening: (addresses: readonly JsonObject[]) => void,
  log: Logger,
): Promise<LoadableStream> {
  return new IncomingStream(await open(address, byMonitor, listening, log), log);
}

function open(
  address: MigrationAddress,
  byMonitor: boolean,
  listening: (addresses: readonly JsonObject[]) => void,
  log: Logger,
): ByteSource | Promise<ByteSource> {
  switch (address.transport) {
    case "exec":
      return openCommand(address.args);
    case "file":
      return openFileSource(address.filename, address.offset);
    case "socket":
      return address.type === "fd" ? openDescriptor(address.str, byMonitor, log) : listen(address, listening);
    case "rdma":
      throw migrationErrors.INCOMING_OPEN("RDMA ERROR: could not create rdma event channel");
  }
}

class IncomingStream implements LoadableStream {
  readonly #source: ByteSource;
  readonly #input: StreamInput;
  #isRead = false;
  isAbandoned = false;

  readonly #log: Logger;

  constructor(source: ByteSource, log: Logger) {
    this.#log = log;
    this.#source = source;
    this.#input = new StreamInput(source);
  }

  async begun(): Promise<void> {
    // What is wrong with the source is found out when it is read.
    await this.#input.has(1).catch(() => false);
  }

  async load(machine: string, sections: SectionRegistry): Promise<LoadFailure | undefined> {
    try {
      await loadStream(this.#input, machine, sections, (text) => this.#log.error(text));
      return undefined;
    } catch (failure) {
      if (failure instanceof LoadFailure) return failure;
      throw failure;
    } finally {
      this.#isRead = true;
    }
  }

  async dispose(): Promise<void> {
    if (!this.#isRead) this.isAbandoned = true;
    await this.#source.dispose();
  }
}
