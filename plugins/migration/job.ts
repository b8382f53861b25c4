import { messageOf, TARGET_PAGE_SIZE, type Events, type Logger } from "backplane";
import { Bandwidth } from "./bandwidth.ts";
import type { MigrationCapabilities } from "./capabilities.ts";
import type { LiveSection, MigrationCounters, MigrationRound, ZeroPageDetection } from "./contract.ts";
import type { GuestStop } from "./guest-stop.ts";
import type { MigrationParameters } from "./parameters.ts";
import { saveState } from "./state-saver.ts";
import type { MigrationProgress } from "./status.ts";
import { COMMAND_SWITCHOVER_START, PART } from "./stream-format.ts";
import { descriptionOf, type Numbered, type SectionRegistry } from "./sections.ts";
import { beginSection, endSection, resumeSection, writeHeader } from "./stream-parts.ts";
import { StreamWriter } from "./stream-writer.ts";
import type { Transport } from "./transport/transport.ts";
import { StreamDescription } from "./vmdesc.ts";

/** What a job works with. */
export interface JobServices {
  readonly machineName: string;
  readonly progress: MigrationProgress;
  readonly sections: SectionRegistry;
  readonly parameters: MigrationParameters;
  readonly capabilities: MigrationCapabilities;
  readonly guest: GuestStop;
  readonly events: Events;
  readonly log: Logger;
  /** Functions whose registers no stream carries. */
  leftOut(): readonly string[];
}

/** Milliseconds of work before guest and monitors get their turn. */
const SLICE_MS = 2;
/**
 * The first part goes on for as long as the peer's (50 ms) or until the transport takes no more: the peer's guest does not
 * wait for it, and by the time that ours has run for milliseconds, a pipe that nobody reads must be full.
 */
const FIRST_SLICE_MS = 50;

/** What the peer says when a migration is cancelled after the guest was stopped: its channel was shut under its hands. */
const CHANNEL_SHUT = "Channel error: Input/output error";

/** One outgoing migration, from the first byte to the last: runs in slices on the event loop. */
export class MigrationJob implements MigrationRound {
  readonly output: StreamWriter;
  readonly counters: MigrationCounters = {
    duplicate: 0,
    normal: 0,
    dirtySyncCount: 0,
    dirtyPagesRate: 0,
    dirtyBytesLastSync: 0,
    precopyBytes: 0,
    downtimeBytes: 0,
  };
  readonly bandwidth: Bandwidth;
  /** Milliseconds. */
  readonly times = { start: clock(), setup: 0, total: 0, downtime: 0 };
  readonly #services: JobServices;
  readonly #transport: Transport;
  readonly #begun: LiveSection[] = [];
  #sections: Numbered<LiveSection>[] = [];
  #description: StreamDescription;
  #sliceEnd = 0;
  #stoppedAt: number | undefined;
  #wake: (() => void) | undefined;

  constructor(services: JobServices, transport: Transport) {
    this.#services = services;
    this.#transport = transport;
    this.output = new StreamWriter(transport);
    this.bandwidth = new Bandwidth(services.parameters);
    this.#description = new StreamDescription(writeHeader(this.output, services.machineName), TARGET_PAGE_SIZE);
  }

  get isRunning(): boolean {
    const { progress } = this.#services;
    return progress.isRunning && !progress.is("cancelling");
  }

  get rateExceeded(): boolean {
    return this.bandwidth.exceeded(this.output.transferred);
  }

  get guestRuns(): boolean {
    return this.#services.guest.guestRuns;
  }

  get zeroPageDetection(): ZeroPageDetection {
    return this.#services.parameters.zeroPageDetection;
  }

  passed(): void {
    const { capabilities, events } = this.#services;
    if (capabilities.has("events")) events.emit("MIGRATION_PASS", { pass: this.counters.dirtySyncCount });
  }

  pause(): Promise<void> | undefined {
    if (performance.now() < this.#sliceEnd) return undefined;
    return this.#turn();
  }

  /** Ends in `completed`, `failed` or `cancelled`; does not throw. */
  async run(): Promise<void> {
    const { progress } = this.#services;
    try {
      await this.#setUp();
      await this.#iterate();
      if (progress.is("active")) await this.#complete();
    } catch (failure) {
      this.#fail(failure);
    }
    await this.#finish();
  }

  /** The state is `cancelling` by now. */
  cancel(): void {
    this.#transport.shutdown();
    this.#wake?.();
  }

  /** Leaves `pre-switchover`. */
  continue(): void {
    this.#wake?.();
  }

  async #setUp(): Promise<void> {
    const { progress, sections } = this.#services;
    await this.#turn();
    this.bandwidth.start(clock());
    this.#sections = sections.live();
    for (const entry of this.#sections) {
      if (!this.isRunning) return;
      beginSection(this.output, PART.sectionStart, entry);
      this.#begun.push(entry.section);
      await entry.section.setup(this);
      endSection(this.output, entry);
    }
    this.times.setup = clock() - this.times.start;
    if (progress.is("setup")) progress.set("active");
    this.#sliceEnd = performance.now() + FIRST_SLICE_MS;
  }

  /** Until what is left can be sent within the downtime limit, or the migration was cancelled. */
  async #iterate(): Promise<void> {
    const { progress } = this.#services;
    while (progress.is("active")) {
      if (!this.rateExceeded) {
        if (this.#canSwitchOver()) return;
        await this.#sendParts();
      }
      if (!progress.is("active")) return;
      const { counters, bandwidth, output } = this;
      const pages = counters.duplicate + counters.normal;
      bandwidth.update(clock(), output.transferred, pages, counters.dirtyBytesLastSync, counters.dirtyPagesRate);
      if (this.rateExceeded) await this.#sleep(bandwidth.restOfPeriod(clock()));
      else await this.#turn();
    }
  }

  #canSwitchOver(): boolean {
    const { threshold } = this.bandwidth;
    let pending = sum(this.#sections.map(({ section }) => section.pending()));
    if (pending < threshold) pending = sum(this.#sections.map(({ section }) => section.pendingExact(this)));
    return pending === 0 || pending < threshold;
  }

  async #sendParts(): Promise<void> {
    for (const entry of this.#sections) {
      if (this.rateExceeded) return;
      resumeSection(this.output, PART.sectionPart, entry);
      await entry.section.iterate(this);
      endSection(this.output, entry);
    }
  }

  async #complete(): Promise<void> {
    const { progress, guest, capabilities } = this.#services;
    this.#stoppedAt = clock();
    guest.stop();
    if (capabilities.has("pause-before-switchover")) {
      progress.set("pre-switchover");
      while (progress.is("pre-switchover")) await this.#sleep(undefined);
      this.#requireRunning();
    } else {
      progress.set("device");
    }
    await this.#settle();
    this.bandwidth.lift();
    this.output.u8(PART.command);
    this.output.u16(COMMAND_SWITCHOVER_START);
    this.output.u16(0);
    for (const entry of this.#sections) {
      resumeSection(this.output, PART.sectionEnd, entry);
      await entry.section.complete(this);
      endSection(this.output, entry);
      this.#requireRunning();
    }
    await this.#saveDevices();
    await this.output.flush();
    this.#requireRunning();
    this.times.downtime = clock() - this.#stoppedAt;
    this.times.total = clock() - this.times.start;
    this.bandwidth.finish(this.output.transferred, this.times.total - this.times.setup);
    progress.set("completed");
  }

  /** What devices had begun before the guest stopped ends in its memory, not behind it. */
  async #settle(): Promise<void> {
    for (const { section } of this.#services.sections.devices()) {
      if (section.settle === undefined) continue;
      await section.settle();
      this.#requireRunning();
    }
  }

  async #saveDevices(): Promise<void> {
    const leftOut = this.#services.leftOut();
    if (leftOut.length > 0) this.#services.log.warn(`the stream does not carry the state of ${leftOut.join(", ")}`);
    for (const entry of this.#services.sections.devices()) {
      const { section } = entry;
      const description = await descriptionOf(section);
      const state = section.kind === "captured" ? section.capture() : section.state;
      beginSection(this.output, PART.sectionFull, entry);
      this.#description.add(entry.idstr, entry.instanceId, saveState(this.output, description, state));
      endSection(this.output, entry);
      if (this.output.full) await this.output.room();
    }
    this.output.u8(PART.eof);
    const description = this.#description.toBytes();
    this.output.u8(PART.vmdescription);
    this.output.u32(description.length);
    this.output.bytes(description);
  }

  #requireRunning(): void {
    if (!this.isRunning) throw new Error(CHANNEL_SHUT);
  }

  #fail(failure: unknown): void {
    const { progress, log } = this.#services;
    if (progress.is("cancelling")) {
      if (this.#stoppedAt !== undefined) progress.fail(CHANNEL_SHUT);
      return;
    }
    progress.fail(messageOf(failure));
    log.error(messageOf(failure));
    progress.set("failed");
  }

  async #finish(): Promise<void> {
    const { progress, guest, log } = this.#services;
    if (progress.is("completed")) guest.handOver();
    else guest.takeBack();
    try {
      for (const section of this.#begun) section.cleanup();
      await this.#transport.close(progress.is("completed"));
    } catch (failure) {
      log.warn("cleaning up after a migration failed", { error: failure });
    }
    if (progress.is("cancelling")) progress.set("cancelled");
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#sliceEnd = performance.now() + SLICE_MS;
        resolve();
      });
    });
  }

  /** For so many milliseconds, or until woken. */
  #sleep(milliseconds: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(() => this.#wake?.(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#sliceEnd = performance.now() + SLICE_MS;
        resolve();
      };
    });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whole milliseconds of the host, as the peer counts them. */
export function clock(): number {
  return Math.floor(performance.now());
}
