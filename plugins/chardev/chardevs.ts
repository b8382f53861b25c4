import { asBackplaneError, hashOrder, type Disposable, type Logger } from "backplane";
import type { CharDevice } from "./char-device.ts";
import type { Chardev, ChardevDefinition, Chardevs, HostStdio } from "./contract.ts";
import { chardevErrors } from "./errors.ts";
import { LogFile } from "./log-file.ts";
import { makeDevice } from "./make-device.ts";
import { MultiplexerDevice } from "./multiplexer.ts";
import { RingBufferDevice } from "./ringbuf.ts";

interface Entry {
  readonly device: CharDevice;
  readonly definition: ChardevDefinition;
  readonly log: LogFile | undefined;
}

export interface ChardevServices {
  readonly stdio: () => HostStdio;
  readonly log: Logger;
  readonly announce: (text: string) => void;
  /** Ends the machine: somebody has asked for it at a terminal that is shared. */
  readonly quit: () => void;
}

/** Makes character devices, and opens them before the machine is built. */
export class CharDevices implements Chardevs, Disposable {
  readonly #entries = new Map<string, Entry>();
  readonly #services: ChardevServices;
  /** Until the machine is there, what clients send waits. */
  #isHeld = true;

  constructor(services: ChardevServices) {
    this.#services = services;
  }

  create(definition: ChardevDefinition): Chardev {
    try {
      if (this.#entries.has(definition.id)) throw chardevErrors.CHARDEV_DUPLICATE(definition.id);
      return this.#make(definition).device;
    } catch (failure) {
      throw asBackplaneError(failure).from(definition.origin);
    }
  }

  async add(definition: ChardevDefinition): Promise<Chardev> {
    if (this.#entries.has(definition.id)) throw chardevErrors.CHARDEV_EXISTS(definition.id);
    const { device } = this.#make(unwaiting(definition));
    try {
      if (definition.mux === true) await this.get(baseId(definition.id)).open();
      await device.open();
    } catch (failure) {
      await this.#drop(definition.id);
      throw failure;
    }
    return device;
  }

  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw chardevErrors.CHARDEV_ABSENT(id);
    if (entry.device.hasFrontend) throw chardevErrors.CHARDEV_BUSY(id);
    await this.#drop(id);
  }

  async change(definition: ChardevDefinition): Promise<Chardev> {
    const entry = this.#entries.get(definition.id);
    if (entry === undefined) throw chardevErrors.CHARDEV_MISSING(definition.id);
    if (entry.device instanceof MultiplexerDevice) throw chardevErrors.CHARDEV_MUX_CHANGE();
    if (entry.device.hasFrontend) throw chardevErrors.CHARDEV_NO_CHANGE();
    // The old one stays if the new one cannot be opened.
    this.#entries.delete(definition.id);
    try {
      const device = await this.add(definition);
      await release(entry);
      return device;
    } catch (failure) {
      this.#entries.set(definition.id, entry);
      throw failure;
    }
  }

  get(id: string): CharDevice {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw chardevErrors.CHARDEV_NOT_FOUND(id);
    return entry.device;
  }

  /** Throws `CHARDEV_DEVICE`, `RINGBUF_KIND`. */
  ringBuffer(id: string): RingBufferDevice {
    const device = this.#entries.get(id)?.device;
    if (device === undefined) throw chardevErrors.CHARDEV_DEVICE(id);
    if (!(device instanceof RingBufferDevice)) throw chardevErrors.RINGBUF_KIND(id);
    return device;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  all(): readonly Chardev[] {
    return hashOrder([...this.#entries.keys()])
      .toReversed()
      .map((id) => this.get(id));
  }

  async open(): Promise<void> {
    for (const { device, definition } of this.#entries.values()) {
      try {
        await device.open();
      } catch (failure) {
        throw asBackplaneError(failure).from(definition.origin);
      }
    }
  }

  /** The machine is there: what clients have sent is read. */
  release(): void {
    this.#isHeld = false;
    for (const { device } of this.#entries.values()) device.release();
  }

  async dispose(): Promise<void> {
    // Those that share a device were made after it, and let go of it first.
    const entries = [...this.#entries.values()].toReversed();
    this.#entries.clear();
    await Promise.all(entries.map(release));
  }

  #make(definition: ChardevDefinition): Entry {
    const { id, logfile, logappend = false } = definition;
    this.#refuseSecondStdio(definition);
    const log = logfile === undefined ? undefined : LogFile.open(logfile, logappend);
    try {
      const device = this.#device(definition);
      device.log = log;
      device.backend = definition.backend;
      if (this.#isHeld) device.hold();
      const entry: Entry = { device, definition, log };
      this.#entries.set(id, entry);
      return entry;
    } catch (failure) {
      log?.dispose();
      throw failure;
    }
  }

  #device(definition: ChardevDefinition): CharDevice {
    const { id } = definition;
    if (definition.backend !== "mux" && definition.mux !== true) return makeDevice(id, definition, this.#services);
    const shared =
      definition.backend === "mux"
        ? this.#entries.get(definition.chardev)
        : this.#make({ ...definition, id: baseId(id), mux: false, logfile: undefined });
    if (shared === undefined) throw chardevErrors.MUX_BASE(definition.backend === "mux" ? definition.chardev : id);
    return new MultiplexerDevice(id, { base: shared.device, quit: this.#services.quit });
  }

  #refuseSecondStdio({ backend }: ChardevDefinition): void {
    const isTaken = [...this.#entries.values()].some((entry) => entry.definition.backend === "stdio");
    if (backend === "stdio" && isTaken) throw chardevErrors.STDIO_TAKEN();
  }

  async #drop(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry === undefined) return;
    await release(entry);
    if (entry.definition.mux === true) await this.#drop(baseId(id));
  }
}

/** What is shared where a definition says so by `mux`. */
const baseId = (id: string): string => `${id}-base`;

/** A machine that runs does not wait for clients. */
function unwaiting(definition: ChardevDefinition): ChardevDefinition {
  return definition.backend === "socket" && definition.server === true ? { ...definition, wait: false } : definition;
}

async function release({ device, log }: Entry): Promise<void> {
  await device.dispose();
  log?.dispose();
}
