import {
  disposable,
  Ownership,
  Registry,
  messageOf,
  type Disposable,
  type JsonObject,
  type RunStates,
} from "backplane";
import type { IncomingMigration, Migration, MigrationAddress, MigrationChange, MigrationStatus } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import type { Incoming } from "./incoming.ts";
import { MigrationJob, type JobServices } from "./job.ts";
import { describeMigration } from "./query.ts";
import type { MigrationProgress } from "./status.ts";
import type { ExecOptions } from "./transport/exec.ts";
import { connectsLater, openTransport } from "./transport/open.ts";
import type { Transport } from "./transport/transport.ts";

/** The outgoing migration of one machine: starts jobs, one at a time. */
export class OutgoingMigration implements Migration, Disposable {
  readonly #services: JobServices;
  readonly #progress: MigrationProgress;
  readonly #runStates: RunStates;
  readonly #options: ExecOptions;
  readonly #blockers = new Registry<string>();
  readonly #transports = new Set<Transport>();
  #job: MigrationJob | undefined;
  #connecting: AbortController | undefined;
  #settled: Promise<unknown> = Promise.resolve();
  #disposed = false;

  readonly #incoming: Incoming;

  constructor(services: JobServices, runStates: RunStates, options: ExecOptions, incoming: Incoming) {
    this.#incoming = incoming;
    this.#services = services;
    this.#progress = services.progress;
    this.#runStates = runStates;
    this.#options = options;
  }

  get incoming(): IncomingMigration | undefined {
    return this.#incoming.current;
  }

  onIncoming(listener: (incoming: IncomingMigration) => void): Disposable {
    return this.#incoming.onChange(listener);
  }

  get status(): MigrationStatus {
    return this.#progress.status;
  }

  get isRunning(): boolean {
    return this.#progress.isRunning;
  }

  get error(): string | undefined {
    return this.#progress.error;
  }

  /** The reply to `query-migrate`. */
  describe(): JsonObject {
    const { sections } = this.#services;
    const blocked = [...sections.unmigratable().map((idstr) => `non-migratable device: ${idstr}`), ...this.#blockers];
    return {
      ...this.#incoming.describe(),
      ...describeMigration(this.#progress, this.#job, sections, blocked.toReversed()),
    };
  }

  async start(address: MigrationAddress): Promise<void> {
    this.#refuse();
    this.#job = undefined;
    const connecting = new AbortController();
    this.#connecting = connecting;
    this.#progress.set("setup");
    const opening = openTransport(address, this.#options, connecting.signal).then(
      (transport) => this.#begin(transport, connecting.signal),
      (failure: unknown) => this.#connectFailed(failure, connecting.signal),
    );
    this.#settled = opening.then(
      (job) => job?.run(),
      () => undefined,
    );
    if (connectsLater(address)) opening.catch(() => undefined);
    else await opening;
  }

  cancel(): void {
    if (!this.#progress.isRunning) return;
    this.#progress.set("cancelling");
    if (this.#job !== undefined) return this.#job.cancel();
    // There is no transport yet, so nothing else would end it.
    this.#connecting?.abort();
    return this.#progress.set("cancelled");
  }

  abort(reason: string): void {
    if (!this.#progress.isRunning) return;
    this.#progress.fail(reason);
    this.cancel();
  }

  /** Goes on from the state in which it waits to be told. Throws `NOT_IN_STATE`. */
  continue(state: string): void {
    if (this.#progress.status !== state) throw migrationErrors.NOT_IN_STATE(this.#progress.status);
    if (state !== "pre-switchover") return;
    this.#progress.set("device");
    this.#job?.continue();
  }

  onChange(listener: (change: MigrationChange) => void): Disposable {
    return this.#progress.onChange(listener);
  }

  async settled(): Promise<MigrationStatus> {
    await this.#settled;
    return this.#progress.status;
  }

  block(reason: string): Disposable {
    return this.#blockers.add(reason);
  }

  /** Ends what runs, and everything that was started for it. A program whose stream is complete gets time to finish. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#services.guest.abandon();
    this.cancel();
    const ownership = new Ownership();
    for (const transport of this.#transports) ownership.own(transport);
    ownership.own(disposable(() => this.#connecting?.abort()));
    await ownership.dispose();
    await this.#settled;
  }

  #refuse(): void {
    if (this.#progress.isRunning) throw migrationErrors.MIGRATION_RUNNING();
    if (this.#runStates.current === "inmigrate") {
      throw migrationErrors.MIGRATION_RUN_STATE("Guest is waiting for an incoming migration");
    }
    if (this.#runStates.current === "postmigrate") {
      throw migrationErrors.MIGRATION_RUN_STATE("Can't migrate the vm that was paused due to previous migration");
    }
    const device = this.#services.sections.unmigratable()[0];
    if (device !== undefined) {
      throw migrationErrors.MIGRATION_BLOCKED(`State blocked by non-migratable device '${device}'`);
    }
    for (const reason of this.#blockers) throw migrationErrors.MIGRATION_BLOCKED(reason);
  }

  async #begin(transport: Transport, signal: AbortSignal): Promise<MigrationJob | undefined> {
    this.#transports.add(transport);
    void transport.released.then(() => this.#transports.delete(transport));
    if (signal.aborted || this.#disposed) {
      await transport.dispose();
      return undefined;
    }
    this.#job = new MigrationJob(this.#services, transport);
    return this.#job;
  }

  #connectFailed(failure: unknown, signal: AbortSignal): never {
    if (!signal.aborted) {
      this.#services.log.error(messageOf(failure));
      this.#progress.fail(messageOf(failure));
      this.#progress.set("failed");
    }
    throw failure;
  }
}
