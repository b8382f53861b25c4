// A processor's local APIC: Intel SDM volume 3, §11.
import { Registry, type Clock, type Disposable, type VirtualTime } from "backplane";
import { ApicTimer, type ApicTimerState } from "./apic-timer.ts";
import type { ExternalInterrupts, LocalApic, ProcessorSignal } from "./contract.ts";
import { AT, COMMAND, DELIVERY, deliveryOf, ILLEGAL_ADDRESS, LVT, SPURIOUS, VERSION } from "./registers.ts";
import { VectorSet } from "./vector-set.ts";

/** A vector, or a signal, on its way to processors. */
export interface Message {
  readonly delivery: number;
  readonly vector: number;
  readonly isLevel: boolean;
}

/** What a local APIC says to the others. */
export interface ProcessorBus {
  /** The interrupt command register was written. */
  command(from: ApicUnit, low: number, high: number): void;
  /** A level-triggered vector is no longer in service. */
  endOfInterrupt(vector: number): void;
  readonly external: ExternalInterrupts | undefined;
}

const TABLE_ENTRIES = 6;
const TABLE_END = AT.timer + TABLE_ENTRIES * 0x10;
/** What a migration carries of a local APIC. */
export interface LocalApicState {
  /** The base register: its place, and that it is on. */
  base: number;
  id: number;
  arbitration: number;
  taskPriority: number;
  spurious: number;
  logical: number;
  format: number;
  readonly inService: Uint32Array;
  readonly triggerMode: Uint32Array;
  readonly request: Uint32Array;
  readonly table: Uint32Array;
  error: number;
  readonly command: Uint32Array;
  readonly timer: ApicTimerState;
  startupVector: number;
  waitsForStartup: number;
}

/** IA32_APIC_BASE (§11.4.3, §11.4.4). */
const LOCAL_APIC_ADDRESS = 0xfee00000;
const BASE = { boot: 0x100, enabled: 0x800 } as const;

export class ApicUnit implements LocalApic, Disposable {
  readonly initialId: number;
  readonly isBoot: boolean;
  readonly #bus: ProcessorBus;
  readonly #timer: ApicTimer;
  readonly #listeners = new Registry<(signal: ProcessorSignal) => void>();
  readonly #request = new VectorSet();
  readonly #inService = new VectorSet();
  readonly #triggerMode = new VectorSet();
  readonly #table = new Uint32Array(TABLE_ENTRIES);
  #id = 0;
  #taskPriority = 0;
  #logical = 0;
  #format = 0xf;
  #spurious: number = SPURIOUS.default;
  #error = 0;
  #commandLow = 0;
  #commandHigh = 0;
  #waitsForStartup = false;

  constructor(initialId: number, isBoot: boolean, clock: Clock, bus: ProcessorBus) {
    this.initialId = initialId;
    this.isBoot = isBoot;
    this.#bus = bus;
    this.#timer = new ApicTimer(clock, () => this.#deliverLocal(AT.timer));
    this.reset();
  }

  /** Power-up and reset (§11.4.7.1). */
  reset(): void {
    this.#id = this.initialId;
    this.initialize();
  }

  /** What an INIT leaves (§11.4.7.3): all but the id. */
  initialize(): void {
    this.#taskPriority = 0;
    this.#logical = 0;
    this.#format = 0xf;
    this.#spurious = SPURIOUS.default;
    this.#error = 0;
    this.#commandLow = 0;
    this.#commandHigh = 0;
    this.#request.clear();
    this.#inService.clear();
    this.#triggerMode.clear();
    this.#table.fill(LVT.masked);
    this.#timer.reset();
    this.#waitsForStartup = !this.isBoot;
  }

  dispose(): void {
    this.#timer.dispose();
  }

  captureState(): LocalApicState {
    return {
      base: LOCAL_APIC_ADDRESS | BASE.enabled | (this.isBoot ? BASE.boot : 0),
      id: this.#id,
      arbitration: 0,
      taskPriority: this.#taskPriority,
      spurious: this.#spurious,
      logical: this.#logical,
      format: this.#format,
      inService: this.#inService.words.slice(),
      triggerMode: this.#triggerMode.words.slice(),
      request: this.#request.words.slice(),
      table: this.#table.slice(),
      error: this.#error,
      command: Uint32Array.of(this.#commandLow, this.#commandHigh),
      timer: this.#timer.captureState(),
      startupVector: 0,
      waitsForStartup: Number(this.#waitsForStartup),
    };
  }

  restoreState(state: LocalApicState): void {
    this.#id = state.id;
    this.#taskPriority = state.taskPriority;
    this.#spurious = state.spurious;
    this.#logical = state.logical;
    this.#format = state.format & 0xf;
    this.#inService.words.set(state.inService);
    this.#triggerMode.words.set(state.triggerMode);
    this.#request.words.set(state.request);
    this.#table.set(state.table);
    this.#error = state.error;
    [this.#commandLow = 0, this.#commandHigh = 0] = state.command;
    this.#timer.restoreState(state.timer, this.#entry(AT.timer));
    this.#waitsForStartup = state.waitsForStartup !== 0;
  }

  get id(): number {
    return this.#id;
  }

  get isInterrupted(): boolean {
    return this.#pending > 0 || this.#hasExternal;
  }

  acknowledge(): number | undefined {
    const pending = this.#pending;
    if (this.#hasExternal) return this.#bus.external?.acknowledge();
    if (pending === 0) return undefined;
    // Masked by its priority since it was announced (§11.9).
    if (pending < 0) return this.#spurious & LVT.vector;
    this.#request.set(pending, false);
    this.#inService.set(pending, true);
    return pending;
  }

  onSignal(listener: (signal: ProcessorSignal) => void): Disposable {
    return this.#listeners.add(listener);
  }

  setDeadline(deadline: VirtualTime): void {
    this.#timer.setDeadline(deadline);
  }

  /** A destination in physical mode, 255 being everybody (§11.6.2.1). */
  /** Of an extended destination its lower bits are compared, and it has a broadcast of its own (§11.12.9). */
  matchesPhysical(destination: number): boolean {
    return (destination & 0xff) === this.#id || destination === 0xff || destination === 0xffffffff;
  }

  /** A destination in logical mode, flat or clustered (§11.6.2.2). */
  matchesLogical(destination: number): boolean {
    if (this.#format === 0xf) return (destination & this.#logical) !== 0;
    if (this.#format !== 0) return false;
    const cluster = destination & 0xf0;
    return (cluster === 0xf0 || cluster === (this.#logical & 0xf0)) && (destination & this.#logical & 0x0f) !== 0;
  }

  accept({ delivery, vector, isLevel }: Message): void {
    switch (delivery) {
      case DELIVERY.fixed:
      case DELIVERY.lowestPriority:
      case DELIVERY.external:
        this.#request.set(vector, true);
        this.#triggerMode.set(vector, isLevel);
        return;
      case DELIVERY.systemManagement:
        this.#tell({ kind: "smi" });
        return;
      case DELIVERY.nonMaskable:
        this.#tell({ kind: "nmi" });
        return;
      case DELIVERY.initialize:
        this.initialize();
        this.#tell({ kind: "init" });
        return;
      case DELIVERY.startup:
        if (!this.#waitsForStartup) return;
        this.#waitsForStartup = false;
        this.#tell({ kind: "startup", vector });
        return;
      default:
    }
  }

  /** The 8259 pair's output changes. */
  setExternal(level: boolean): void {
    const entry = this.#entry(AT.lint0);
    if ((entry & LVT.masked) !== 0) return;
    if (level) this.#deliverLocal(AT.lint0);
    else if (deliveryOf(entry) === DELIVERY.fixed && (entry & LVT.level) !== 0) {
      this.#request.set(entry & LVT.vector, false);
    }
  }

  read(offset: number): number {
    const at = offset & 0xff0;
    if (at >= AT.timer && at < TABLE_END) return this.#entry(at);
    if (at >= AT.inService && at < AT.errorStatus) {
      const set = [this.#inService, this.#triggerMode, this.#request][(at - AT.inService) >> 7];
      return set?.word((at >> 4) & 7) ?? 0;
    }
    switch (at) {
      case AT.id:
        return (this.#id << 24) >>> 0;
      case AT.version:
        return VERSION;
      case AT.taskPriority:
        return this.#taskPriority;
      case AT.processorPriority:
        return this.#priority;
      case AT.arbitrationPriority:
      case AT.endOfInterrupt:
        return 0;
      case AT.logicalDestination:
        return (this.#logical << 24) >>> 0;
      case AT.destinationFormat:
        return ((this.#format << 28) | 0x0fffffff) >>> 0;
      case AT.spurious:
        return this.#spurious;
      case AT.errorStatus:
        return this.#error;
      case AT.commandLow:
        return this.#commandLow;
      case AT.commandHigh:
        return this.#commandHigh;
      case AT.initialCount:
        return this.#timer.initial;
      case AT.currentCount:
        return this.#timer.current;
      case AT.divide:
        return this.#timer.divide;
      default:
        this.#error |= ILLEGAL_ADDRESS;
        return 0;
    }
  }

  write(offset: number, value: number): void {
    const at = offset & 0xff0;
    if (at >= AT.timer && at < TABLE_END) {
      this.#setEntry(at, value);
      return;
    }
    switch (at) {
      case AT.id:
        this.#id = value >>> 24;
        return;
      case AT.taskPriority:
        this.#taskPriority = value & 0xff;
        return;
      case AT.endOfInterrupt:
        this.#endOfInterrupt();
        return;
      case AT.logicalDestination:
        this.#logical = value >>> 24;
        return;
      case AT.destinationFormat:
        this.#format = value >>> 28;
        return;
      case AT.spurious:
        this.#spurious = value & SPURIOUS.writable;
        return;
      case AT.commandLow:
        this.#commandLow = value;
        this.#bus.command(this, value, this.#commandHigh);
        return;
      case AT.commandHigh:
        this.#commandHigh = value;
        return;
      case AT.initialCount:
        this.#timer.initial = value;
        return;
      case AT.divide:
        this.#timer.divide = value;
        return;
      default:
        // What can only be read takes writes without a word; what is not there is an error (§11.5.3).
        if (!isReadOnly(at)) this.#error |= ILLEGAL_ADDRESS;
    }
  }

  #entry(at: number): number {
    return this.#table[(at - AT.timer) >> 4] ?? 0;
  }

  #setEntry(at: number, value: number): void {
    this.#table[(at - AT.timer) >> 4] = value;
    if (at === AT.timer) this.#timer.entry = value;
    if (at === AT.lint0 && this.#hasExternal) this.setExternal(true);
  }

  get #hasExternal(): boolean {
    return (this.#entry(AT.lint0) & LVT.masked) === 0 && this.#bus.external?.output === true;
  }

  /** Processor priority: the task's, or that of what is in service (§11.8.3.1). */
  get #priority(): number {
    const served = Math.max(this.#inService.highest, 0) >> 4;
    return this.#taskPriority >> 4 >= served ? this.#taskPriority : served << 4;
  }

  /** The vector that may be taken; 0 when there is none, negative when its priority does not suffice. */
  get #pending(): number {
    if ((this.#spurious & SPURIOUS.enable) === 0) return 0;
    const vector = this.#request.highest;
    if (vector < 0) return 0;
    const priority = this.#priority;
    return priority !== 0 && (vector & 0xf0) <= (priority & 0xf0) ? -1 : vector;
  }

  #endOfInterrupt(): void {
    const vector = this.#inService.highest;
    if (vector < 0) return;
    this.#inService.set(vector, false);
    if (this.#triggerMode.has(vector)) this.#bus.endOfInterrupt(vector);
  }

  /** An entry of the local vector table is due. */
  #deliverLocal(at: number): void {
    const entry = this.#entry(at);
    if ((entry & LVT.masked) !== 0) return;
    const delivery = deliveryOf(entry);
    if (delivery === DELIVERY.external || delivery === DELIVERY.lowestPriority) return;
    const isLevel = (at === AT.lint0 || at === AT.lint1) && (entry & LVT.level) !== 0;
    if (delivery !== DELIVERY.initialize && delivery !== DELIVERY.startup) {
      this.accept({ delivery, vector: entry & LVT.vector, isLevel });
    }
  }

  #tell(signal: ProcessorSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }
}

function isReadOnly(at: number): boolean {
  return (
    (at >= AT.inService && at <= AT.errorStatus) ||
    at === AT.version ||
    at === AT.arbitrationPriority ||
    at === AT.processorPriority ||
    at === AT.currentCount ||
    at === AT.selfInterrupt
  );
}

export const isDeassert = (command: number): boolean =>
  deliveryOf(command) === DELIVERY.initialize && (command & COMMAND.level) !== 0 && (command & COMMAND.assert) === 0;
