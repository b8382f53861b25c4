import {
  Ownership,
  Registry,
  type Disposable,
  type Events,
  type JsonObject,
  type Logger,
  type MachineControl,
  type RunStates,
} from "backplane";
import type { MigrationCapabilities } from "./capabilities.ts";
import type { IncomingMigration, IncomingStatus, IncomingTransport, MigrationAddress } from "./contract.ts";
import type { GlobalState } from "./core-sections.ts";
import { migrationErrors } from "./errors.ts";
import type { SectionRegistry } from "./sections.ts";

export interface IncomingServices {
  readonly machineName: string;
  readonly sections: SectionRegistry;
  readonly globalState: GlobalState;
  readonly capabilities: MigrationCapabilities;
  readonly runStates: RunStates;
  readonly control: MachineControl;
  readonly events: Events;
  readonly log: Logger;
}

export interface IncomingRequest {
  readonly address: MigrationAddress;
  /** A failure ends the process. */
  readonly exitOnError: boolean;
  /** A monitor has given it: descriptors have names then. */
  readonly byMonitor: boolean;
}

/** The migration that a machine waits for: from `inmigrate` until the guest goes on, or never does. */
export class Incoming implements Disposable {
  readonly #services: IncomingServices;
  readonly #listeners = new Registry<(incoming: IncomingMigration) => void>();
  readonly #ownership = new Ownership();
  #current: IncomingMigration | undefined;
  /** Somebody has said where the stream comes from; nobody may a second time. */
  #isStarted = false;
  #listening: readonly JsonObject[] | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(services: IncomingServices) {
    this.#services = services;
  }

  get current(): IncomingMigration | undefined {
    return this.#current;
  }

  /** The machine waits: nobody has said yet for what. */
  defer(): void {
    this.#services.runStates.set("inmigrate");
    this.#set({ status: "deferred", transport: undefined });
  }

  /** Throws unless the machine waits to be told. */
  requireWaiting(): void {
    if (this.#isStarted) throw migrationErrors.INCOMING_STARTED();
    if (this.#services.runStates.current !== "inmigrate") throw migrationErrors.INCOMING_NOT_ASKED();
  }

  /** Resolves when the stream's source stands; it is read in the background. Throws in the peer's words. */
  async start(request: IncomingRequest): Promise<void> {
    this.requireWaiting();
    this.#isStarted = true;
    const before = this.#current;
    this.#set({ status: "setup", transport: transportOf(request.address) });
    try {
      const { openIncoming } = await import("./late/incoming-load.ts");
      const opened = await openIncoming(
        request,
        (addresses) => {
          this.#listening = addresses;
        },
        this.#services.log,
      );
      this.#ownership.own(opened);
      this.#settled = this.#load(opened, request);
    } catch (failure) {
      // The next may have better luck.
      this.#isStarted = false;
      this.#current = before;
      throw failure;
    }
  }

  onChange(listener: (incoming: IncomingMigration) => void): Disposable {
    return this.#listeners.add(listener);
  }

  /** Resolves when the stream is loaded, or has turned out not to be loadable; at once when none is on its way. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /** What `query-migrate` says of it. */
  describe(): JsonObject {
    const { status = "deferred", error } = this.#current ?? {};
    return {
      ...(this.#listening === undefined ? {} : { "socket-address": [...this.#listening] }),
      ...(status === "deferred" ? {} : { status }),
      ...(error === undefined ? {} : { "error-desc": error }),
    };
  }

  async dispose(): Promise<void> {
    await this.#ownership.dispose();
    await this.#settled;
  }

  async #load(opened: LoadableStream, { exitOnError }: IncomingRequest): Promise<void> {
    const { log, control, machineName, sections } = this.#services;
    await opened.begun();
    if (opened.isAbandoned) return;
    this.#set({ status: "active", transport: this.#current?.transport });
    const failure = await opened.load(machineName, sections);
    if (opened.isAbandoned) return;
    this.#listening = undefined;
    await opened.dispose();
    if (failure === undefined) return this.#complete();
    for (const line of failure.lines) log.error(line);
    this.#set({ status: "failed", transport: this.#current?.transport, error: failure.verdict });
    if (!exitOnError) return undefined;
    log.error(failure.verdict);
    return control.quit("load-failed");
  }

  #complete(): void {
    const { runStates, control, globalState } = this.#services;
    const transport = this.#current?.transport;
    // Devices are told before the guest goes on, monitors when it has.
    this.#tell({ status: "completed", transport });
    const target = globalState.target ?? "running";
    if (globalState.wasSuspended || target === "suspended") control.resumeAsleep();
    if (target !== "running" && target !== "suspended") runStates.set(target);
    else if (control.autostart) control.goOn();
    else runStates.set("paused");
    this.#announce("completed");
  }

  #set(incoming: IncomingMigration): void {
    this.#tell(incoming);
    this.#announce(incoming.status);
  }

  #tell(incoming: IncomingMigration): void {
    this.#current = incoming;
    for (const listener of this.#listeners) listener(incoming);
  }

  #announce(status: IncomingStatus): void {
    const { capabilities, events } = this.#services;
    if (status !== "deferred" && capabilities.has("events")) events.emit("MIGRATION", { status });
  }
}

/** A stream whose source stands. Disposing it gives the source up, wherever it is. */
export interface LoadableStream extends Disposable {
  /** Resolves when the first byte is there, or will not come. */
  begun(): Promise<void>;
  /** It was given up before it was read to its end. */
  readonly isAbandoned: boolean;
  /** Undefined when everything was loaded. */
  load(
    machine: string,
    sections: SectionRegistry,
  ): Promise<{ readonly lines: readonly string[]; readonly verdict: string } | undefined>;
}

function transportOf(address: MigrationAddress): IncomingTransport | undefined {
  switch (address.transport) {
    case "exec":
    case "file":
      return address.transport;
    case "rdma":
      return undefined;
    case "socket":
      return address.type === "inet" ? "tcp" : address.type === "vsock" ? undefined : address.type;
  }
}
