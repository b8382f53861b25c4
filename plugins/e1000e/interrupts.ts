// Causes, masks, moderation and delivery of interrupts: 82574 Datasheet §7.4 (interrupts), §10.2.4 (their registers).
import type { Clock } from "backplane";
import type { PciFunction, PciMsi, PciMsix } from "backplane/plugins/pci/contract";
import { DelayTimer, type DelayTimerState } from "./delay-timer.ts";
import { CAUSE, CTRL_EXT, R, RFCTL } from "./registers.ts";
import { count } from "./statistics.ts";

export const VECTORS = 5;
const ALL = 0xffff_ffff;
/** §10.2.4.2: the shortest interval between interrupts, in steps. */
const SHORTEST_INTERVAL = 500;
const STEP = { throttle: 256, delay: 1024 } as const;

/** What has its own place in IVAR (§10.2.4.10), and how far its four bits lie from the end. */
const ALLOCATIONS = [
  { cause: CAUSE.receiveQueue0, shift: 0 },
  { cause: CAUSE.receiveQueue1, shift: 4 },
  { cause: CAUSE.transmitQueue0, shift: 8 },
  { cause: CAUSE.transmitQueue1, shift: 12 },
  { cause: CAUSE.other, shift: 16 },
] as const;
const ALLOCATED = 0x8;
/** Causes that are `other` where messages are told apart. */
const OTHERS =
  CAUSE.linkChange | CAUSE.receiveOverrun | CAUSE.mdio | CAUSE.smallPacket | CAUSE.acknowledge | CAUSE.manageability;
const QUEUES_AND_OTHER =
  CAUSE.receiveQueue0 | CAUSE.receiveQueue1 | CAUSE.transmitQueue0 | CAUSE.transmitQueue1 | CAUSE.other;
const MASKABLE =
  CAUSE.transmitWrittenBack |
  CAUSE.transmitQueueEmpty |
  CAUSE.receiveThreshold |
  CAUSE.receiveTimer |
  CAUSE.transmitLow |
  OTHERS |
  QUEUES_AND_OTHER;
const DELAYED_RECEIVE = CAUSE.receiveQueue0 | CAUSE.receiveQueue1 | CAUSE.receiveTimer;
const DELAYED_TRANSMIT =
  CAUSE.transmitQueue0 | CAUSE.transmitQueue1 | CAUSE.transmitQueueEmpty | CAUSE.transmitWrittenBack;
const FLUSH = 0x8000_0000;
const PENDING_BITS = 0x1f;

/** What a migration carries besides the registers. */
export interface InterruptState {
  delayed: number;
  readonly receiveDelay: DelayTimerState;
  readonly receiveLimit: DelayTimerState;
  readonly acknowledgeDelay: DelayTimerState;
  readonly transmitDelay: DelayTimerState;
  readonly transmitLimit: DelayTimerState;
  readonly throttle: DelayTimerState;
  readonly throttles: readonly DelayTimerState[];
  interval: number;
  readonly intervals: Uint32Array;
}

export class Interrupts {
  readonly #registers: Uint32Array;
  readonly #card: PciFunction;
  readonly #msi: PciMsi;
  readonly #msix: PciMsix;
  readonly #receiveDelay: DelayTimer;
  readonly #receiveLimit: DelayTimer;
  readonly #acknowledgeDelay: DelayTimer;
  readonly #transmitDelay: DelayTimer;
  readonly #transmitLimit: DelayTimer;
  readonly #throttle: DelayTimer;
  readonly #throttles: readonly DelayTimer[];
  /** As the guest wrote them; the registers hold no less than the shortest interval. */
  readonly #intervals = new Uint32Array(1 + VECTORS);
  #delayed = 0;

  constructor(registers: Uint32Array, card: PciFunction, msi: PciMsi, msix: PciMsix, clock: Clock) {
    this.#registers = registers;
    this.#card = card;
    this.#msi = msi;
    this.#msix = msix;
    const delay = (register: number): DelayTimer =>
      new DelayTimer(clock, registers, register, STEP.delay, () => this.cause(0));
    this.#receiveDelay = delay(R.RDTR);
    this.#receiveLimit = delay(R.RADV);
    this.#acknowledgeDelay = delay(R.RAID);
    this.#transmitDelay = delay(R.TIDV);
    this.#transmitLimit = delay(R.TADV);
    this.#throttle = new DelayTimer(clock, registers, R.ITR, STEP.throttle, () => {
      if ((this.#get(R.IMS) & this.#get(R.ICR)) !== 0) this.#signal();
    });
    this.#throttles = Array.from(
      { length: VECTORS },
      (_, vector) => new DelayTimer(clock, registers, R.EITR + vector, STEP.throttle, () => msix.send(vector)),
    );
  }

  captureState(): InterruptState {
    return {
      delayed: this.#delayed,
      receiveDelay: this.#receiveDelay.captureState(),
      receiveLimit: this.#receiveLimit.captureState(),
      acknowledgeDelay: this.#acknowledgeDelay.captureState(),
      transmitDelay: this.#transmitDelay.captureState(),
      transmitLimit: this.#transmitLimit.captureState(),
      throttle: this.#throttle.captureState(),
      throttles: this.#throttles.map((timer) => timer.captureState()),
      interval: this.interval(0),
      intervals: this.#intervals.slice(1),
    };
  }

  /** After the registers: they say how long the timers run. */
  restoreState(state: InterruptState): void {
    this.#delayed = state.delayed;
    this.#receiveDelay.restoreState(state.receiveDelay);
    this.#receiveLimit.restoreState(state.receiveLimit);
    this.#acknowledgeDelay.restoreState(state.acknowledgeDelay);
    this.#transmitDelay.restoreState(state.transmitDelay);
    this.#transmitLimit.restoreState(state.transmitLimit);
    this.#throttle.restoreState(state.throttle);
    for (const [vector, timer] of state.throttles.entries()) this.#throttles[vector]?.restoreState(timer);
    this.#intervals[0] = state.interval;
    this.#intervals.set(state.intervals, 1);
  }

  /** Messages are told apart by vector. */
  get separate(): boolean {
    return this.#msix.enabled;
  }

  reset(): void {
    this.#delayed = 0;
    this.#stopDelays();
    this.#throttle.stop();
    for (const timer of this.#throttles) timer.stop();
  }

  /** Something has happened; what was put off comes with it. */
  cause(causes: number): void {
    let delayed = 0;
    if (!this.separate) {
      delayed = this.#delayed;
      this.#delayed = 0;
      this.#stopDelays();
    }
    this.#raise(R.ICR, causes | delayed);
  }

  received(causes: number): void {
    const registers = this.#registers;
    let now = causes;
    if (!this.separate) {
      const acknowledges = (this.#get(R.RFCTL) & RFCTL.acknowledgeOff) === 0 ? CAUSE.acknowledge : 0;
      const delayable = DELAYED_RECEIVE | acknowledges;
      this.#delayed |= now & delayable;
      now &= ~delayable;
      const hasAcknowledge = (this.#delayed & CAUSE.acknowledge) !== 0;
      if (this.#receiveDelay.delay !== 0 && now === 0 && !(this.#acknowledgeDelay.delay === 0 && hasAcknowledge)) {
        this.#receiveDelay.start();
        if (!this.#receiveLimit.isRunning && (registers[R.RADV] ?? 0) !== 0) this.#receiveLimit.start();
        if (!this.#acknowledgeDelay.isRunning && hasAcknowledge) this.#acknowledgeDelay.start();
        return;
      }
    }
    this.cause(now);
  }

  /** `delay`: a descriptor asked for it. */
  transmitted(causes: number, delay: boolean): void {
    let now = causes;
    if (delay && !this.separate) {
      this.#delayed |= now & DELAYED_TRANSMIT;
      now &= ~DELAYED_TRANSMIT;
      if (now === 0) {
        this.#transmitDelay.start();
        if (!this.#transmitLimit.isRunning && this.#transmitLimit.delay !== 0) this.#transmitLimit.start();
        return;
      }
    }
    this.cause(now);
  }

  readCauses(): number {
    const before = this.#get(R.ICR);
    if (this.#get(R.IMS) === 0) this.#lower(R.ICR, ALL);
    if (!this.separate) this.#lower(R.ICR, ALL);
    if ((this.#get(R.ICR) & CAUSE.asserted) === 0) return before;
    if ((this.#get(R.CTRL_EXT) & CTRL_EXT.autoMask) !== 0) {
      this.#lower(R.ICR, ALL);
      this.#lower(R.IMS, this.#get(R.IAM));
    }
    if ((this.#get(R.ICR) & this.#get(R.IMS)) !== 0) this.#lower(R.ICR, ALL);
    return before;
  }

  writeCauses(value: number): void {
    if ((this.#get(R.ICR) & CAUSE.asserted) !== 0 && (this.#get(R.CTRL_EXT) & CTRL_EXT.autoMask) !== 0) {
      this.#lower(R.IMS, this.#get(R.IAM));
    }
    this.#lower(R.ICR, (value & CAUSE.other) !== 0 ? value | OTHERS : value);
  }

  setMask(value: number): void {
    const valid = value & MASKABLE;
    const control = this.#get(R.CTRL_EXT);
    if ((valid & QUEUES_AND_OTHER) !== 0 && (control & CTRL_EXT.clearPending) !== 0 && this.separate) {
      this.#forget(valid);
    }
    if (valid === MASKABLE && (control & CTRL_EXT.clearTimers) !== 0) {
      this.#throttle.hurry();
      for (const timer of this.#throttles) timer.hurry();
    }
    this.#raise(R.IMS, valid);
  }

  clearMask(value: number): void {
    this.#lower(R.IMS, value);
  }

  /** RDTR and TIDV: the guest wants at once what was put off. */
  flush(value: number, direction: "receive" | "transmit"): void {
    const timer = direction === "receive" ? this.#receiveDelay : this.#transmitDelay;
    if ((value & FLUSH) !== 0 && timer.isRunning) this.cause(0);
  }

  clearPending(value: number): void {
    this.#registers[R.PBACLR] = value & PENDING_BITS;
    if (!this.separate) return;
    for (let vector = 0; vector < VECTORS; vector++) if ((value & (1 << vector)) !== 0) this.#msix.clearPending(vector);
  }

  /** ITR is 0, EITR 1 and following. */
  interval(index: number): number {
    return this.#intervals[index] ?? 0;
  }

  setInterval(index: number, register: number, value: number): void {
    const interval = value & 0xffff;
    this.#intervals[index] = interval;
    this.#registers[register] = Math.max(interval, SHORTEST_INTERVAL);
  }

  #get(index: number): number {
    return this.#registers[index] ?? 0;
  }

  #raise(index: number, causes: number): void {
    const registers = this.#registers;
    const separate = this.separate;
    const before = this.#get(R.IMS) & this.#get(R.ICR);
    registers[index] = this.#get(index) | causes;
    let pending = this.#get(R.ICR) & ~CAUSE.asserted;
    if (separate && (pending & OTHERS) !== 0) pending |= CAUSE.other;
    registers[R.ICR] = pending === 0 ? 0 : pending | CAUSE.asserted;
    registers[R.ICS] = this.#get(R.ICR);
    const raised = this.#get(R.IMS) & this.#get(R.ICR) & ~before;
    if (raised === 0) return;
    if (separate) this.#signalSeparately(raised);
    else if (!postpones(this.#throttle)) this.#signal();
  }

  #lower(index: number, causes: number): void {
    const registers = this.#registers;
    registers[index] = this.#get(index) & ~causes;
    registers[R.ICS] = this.#get(R.ICR);
    if ((this.#get(R.IMS) & this.#get(R.ICR)) !== 0 || this.separate || this.#msi.enabled) return;
    this.#card.interrupt.set(false);
  }

  #signal(): void {
    if (this.#msi.enabled) {
      this.#msi.send(0);
      return;
    }
    count(this.#registers, R.IAC);
    this.#card.interrupt.set(true);
  }

  #signalSeparately(raised: number): void {
    const registers = this.#registers;
    for (const { cause, shift } of ALLOCATIONS) {
      if ((raised & cause) === 0) continue;
      const vector = this.#vectorOf(shift);
      const throttle = vector === undefined ? undefined : this.#throttles[vector];
      if (vector !== undefined && throttle !== undefined && !postpones(throttle)) this.#msix.send(vector);
      const control = this.#get(R.CTRL_EXT);
      if ((control & CTRL_EXT.autoMaskOther) !== 0) registers[R.IAM] = this.#get(R.IAM) & ~cause;
      const cleared = this.#get(R.EIAC) & cause;
      registers[R.ICR] = this.#get(R.ICR) & ~cleared;
      if ((control & CTRL_EXT.autoMask) === 0) registers[R.IMS] = this.#get(R.IMS) & ~cleared;
    }
  }

  #forget(causes: number): void {
    for (const { cause, shift } of ALLOCATIONS) {
      const vector = (causes & cause) === 0 ? undefined : this.#vectorOf(shift);
      if (vector !== undefined) this.#msix.clearPending(vector);
    }
  }

  #vectorOf(shift: number): number | undefined {
    const entry = this.#get(R.IVAR) >>> shift;
    const vector = entry & 0x7;
    return (entry & ALLOCATED) !== 0 && vector < VECTORS ? vector : undefined;
  }

  #stopDelays(): void {
    this.#receiveDelay.stop();
    this.#receiveLimit.stop();
    this.#acknowledgeDelay.stop();
    this.#transmitDelay.stop();
    this.#transmitLimit.stop();
  }
}

/** Too soon after the last one; otherwise the interval begins. */
function postpones(timer: DelayTimer): boolean {
  if (timer.isRunning) return true;
  if (timer.delay !== 0) timer.start();
  return false;
}
