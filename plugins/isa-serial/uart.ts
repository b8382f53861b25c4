// The serial port's controller: National Semiconductor PC16550D datasheet, §8 (registers) and §8.11 (FIFO interrupts).
import {
  byteLength,
  type Clock,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";

const FIFO_LENGTH = 16;
/** How many characters' time received bytes may wait below the trigger level before the guest is told (§8.11). */
const TIMEOUT_CHARACTERS = 4;
const NANOSECONDS = 1_000_000_000;
/** 9600 baud with the PC's crystal. */
const DEFAULT_DIVISOR = 0x0c;

const AT = {
  data: 0,
  interruptEnable: 1,
  interruptId: 2,
  line: 3,
  modem: 4,
  lineStatus: 5,
  modemStatus: 6,
  scratch: 7,
} as const;
const ENABLE = { received: 0x01, transmitted: 0x02, lineStatus: 0x04, modemStatus: 0x08, all: 0x0f } as const;
/** By falling priority: line status, received data, character timeout, transmitter empty, modem status. */
const ID = {
  modemStatus: 0x00,
  none: 0x01,
  transmitted: 0x02,
  received: 0x04,
  lineStatus: 0x06,
  timeout: 0x0c,
  mask: 0x0f,
  fifos: 0xc0,
} as const;
const FIFO = { enable: 0x01, clearReceived: 0x02, clearTransmitted: 0x04, kept: 0xc9 } as const;
const LINE = { divisorAccess: 0x80, parity: 0x08, stop: 0x04, word: 0x03 } as const;
const MODEM = { ready: 0x01, request: 0x02, out1: 0x04, out2: 0x08, loop: 0x10, all: 0x1f } as const;
const STATUS = {
  ready: 0x01,
  overrun: 0x02,
  breakSignal: 0x10,
  errors: 0x1e,
  holdingEmpty: 0x20,
  empty: 0x40,
} as const;
/** Carrier, data set ready and clear to send: somebody is at the other end of the line. */
const MODEM_IDLE = 0xb0;
const MODEM_CHANGES = 0x0f;
const TRIGGER_LEVELS: readonly number[] = [1, 4, 8, 14];

/** Where bytes go to, and what is held back while the guest has not read. */
export interface SerialLine {
  send(byte: number): void;
  /** The receiver has room again. */
  wanting(): void;
}

/** What a migration carries. */
export interface UartState {
  divisor: number;
  received: number;
  enabled: number;
  id: number;
  lineControl: number;
  modemControl: number;
  lineStatus: number;
  modemStatus: number;
  scratch: number;
  fifoControl: number;
  transmitPending: number;
  timeoutPending: number;
  readonly fifo: Uint8Array;
  fifoFirst: number;
  fifoCount: number;
}

export interface UartWiring {
  readonly irq: IrqLine;
  readonly clock: Clock;
  readonly line: SerialLine;
  /** Symbols per second at divisor 1. */
  readonly baudBase: number;
}

/** A 16550A. What it transmits leaves at once; reception keeps the line's timing only for the character timeout. */
export class Uart {
  readonly region: MemoryRegion;
  readonly #wiring: UartWiring;
  readonly #fifo = new Uint8Array(FIFO_LENGTH);
  #fifoFirst = 0;
  #fifoCount = 0;
  #received = 0;
  #divisor = DEFAULT_DIVISOR;
  #enabled = 0;
  #id: number = ID.none;
  #fifoControl = 0;
  #lineControl = 0;
  #modemControl: number = MODEM.out2;
  #lineStatus: number = STATUS.empty | STATUS.holdingEmpty;
  #modemStatus = MODEM_IDLE;
  #scratch = 0;
  #transmitPending = false;
  #timeoutPending = false;
  #timeout: Disposable | undefined;

  constructor(regions: MemoryRegions, wiring: UartWiring) {
    this.#wiring = wiring;
    this.region = regions.io("serial", byteLength(8), {
      impl: { min: 1, max: 1 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
  }

  reset(): void {
    this.#cancelTimeout();
    this.#fifoCount = 0;
    this.#received = 0;
    this.#divisor = DEFAULT_DIVISOR;
    this.#enabled = 0;
    this.#id = ID.none;
    this.#fifoControl = 0;
    this.#lineControl = 0;
    this.#modemControl = MODEM.out2;
    this.#lineStatus = STATUS.empty | STATUS.holdingEmpty;
    this.#modemStatus = MODEM_IDLE;
    this.#scratch = 0;
    this.#transmitPending = false;
    this.#wiring.irq.set(false);
  }

  dispose(): void {
    this.#cancelTimeout();
  }

  captureState(): UartState {
    return {
      divisor: this.#divisor,
      received: this.#received,
      enabled: this.#enabled,
      id: this.#id,
      lineControl: this.#lineControl,
      modemControl: this.#modemControl,
      lineStatus: this.#lineStatus,
      modemStatus: this.#modemStatus,
      scratch: this.#scratch,
      fifoControl: this.#fifoControl,
      transmitPending: Number(this.#transmitPending),
      timeoutPending: Number(this.#timeoutPending),
      fifo: this.#fifo.slice(),
      fifoFirst: this.#fifoFirst,
      fifoCount: this.#fifoCount,
    };
  }

  /** The character timeout begins anew. The level of the line is the interrupt controllers' to remember. */
  restoreState(state: UartState): void {
    this.#cancelTimeout();
    this.#divisor = state.divisor;
    this.#received = state.received;
    this.#enabled = state.enabled & ENABLE.all;
    this.#id = state.id;
    this.#lineControl = state.lineControl;
    this.#modemControl = state.modemControl & MODEM.all;
    this.#lineStatus = state.lineStatus;
    this.#modemStatus = state.modemStatus;
    this.#scratch = state.scratch;
    this.#fifoControl = state.fifoControl & FIFO.kept;
    this.#transmitPending = state.transmitPending !== 0;
    this.#timeoutPending = state.timeoutPending !== 0;
    this.#fifo.set(state.fifo);
    this.#fifoFirst = state.fifoFirst % FIFO_LENGTH;
    this.#fifoCount = Math.min(state.fifoCount, FIFO_LENGTH);
    if (this.#fifoCount > 0 && !this.#timeoutPending) this.#startTimeout();
  }

  /** Bytes that may be received now. In loopback the line is cut off. */
  get room(): number {
    if ((this.#modemControl & MODEM.loop) !== 0) return 0;
    if (this.#hasFifos) return FIFO_LENGTH - this.#fifoCount;
    return (this.#lineStatus & STATUS.ready) === 0 ? 1 : 0;
  }

  receive(byte: number): void {
    if (!this.#hasFifos) {
      if ((this.#lineStatus & STATUS.ready) !== 0) this.#lineStatus |= STATUS.overrun;
      this.#received = byte;
      this.#lineStatus |= STATUS.ready;
    } else {
      if (this.#fifoCount === FIFO_LENGTH) {
        this.#lineStatus |= STATUS.overrun;
      } else {
        this.#fifo[(this.#fifoFirst + this.#fifoCount) % FIFO_LENGTH] = byte;
        this.#fifoCount++;
      }
      this.#lineStatus |= STATUS.ready;
      this.#startTimeout();
    }
    this.#update();
  }

  /** The far end sends a break: a zero byte with the break indication. */
  receiveBreak(): void {
    this.#received = 0;
    if (this.#hasFifos && this.#fifoCount < FIFO_LENGTH) {
      this.#fifo[(this.#fifoFirst + this.#fifoCount) % FIFO_LENGTH] = 0;
      this.#fifoCount++;
    }
    this.#lineStatus |= STATUS.breakSignal | STATUS.ready;
    this.#update();
  }

  get #hasFifos(): boolean {
    return (this.#fifoControl & FIFO.enable) !== 0;
  }

  get #hasDivisorAccess(): boolean {
    return (this.#lineControl & LINE.divisorAccess) !== 0;
  }

  #read(offset: number): number {
    switch (offset) {
      case AT.data:
        return this.#hasDivisorAccess ? this.#divisor & 0xff : this.#take();
      case AT.interruptEnable:
        return this.#hasDivisorAccess ? this.#divisor >> 8 : this.#enabled;
      case AT.interruptId: {
        const id = this.#id;
        if ((id & ID.mask) === ID.transmitted) {
          this.#transmitPending = false;
          this.#update();
        }
        return id;
      }
      case AT.line:
        return this.#lineControl;
      case AT.modem:
        return this.#modemControl;
      case AT.lineStatus: {
        const status = this.#lineStatus;
        if ((status & (STATUS.breakSignal | STATUS.overrun)) !== 0) {
          this.#lineStatus &= ~(STATUS.breakSignal | STATUS.overrun);
          this.#update();
        }
        return status;
      }
      case AT.modemStatus:
        return this.#readModemStatus();
      default:
        return this.#scratch;
    }
  }

  #write(offset: number, value: number): void {
    switch (offset) {
      case AT.data:
        if (this.#hasDivisorAccess) this.#divisor = (this.#divisor & 0xff00) | value;
        else this.#transmit(value);
        return;
      case AT.interruptEnable:
        if (this.#hasDivisorAccess) this.#divisor = (this.#divisor & 0xff) | (value << 8);
        else this.#enable(value & ENABLE.all);
        return;
      case AT.interruptId:
        this.#controlFifos(value);
        return;
      case AT.line:
        this.#lineControl = value;
        return;
      case AT.modem: {
        const wasLooped = (this.#modemControl & MODEM.loop) !== 0;
        this.#modemControl = value & MODEM.all;
        if (wasLooped && (value & MODEM.loop) === 0) this.#wiring.line.wanting();
        return;
      }
      case AT.scratch:
        this.#scratch = value;
        return;
      default:
        // The status registers cannot be written.
        return;
    }
  }

  #take(): number {
    let byte = this.#received;
    if (this.#hasFifos) {
      byte = 0;
      if (this.#fifoCount > 0) {
        byte = this.#fifo[this.#fifoFirst] ?? 0;
        this.#fifoFirst = (this.#fifoFirst + 1) % FIFO_LENGTH;
        this.#fifoCount--;
      }
      if (this.#fifoCount === 0) this.#lineStatus &= ~(STATUS.ready | STATUS.breakSignal);
      else this.#startTimeout();
      this.#timeoutPending = false;
    } else {
      this.#lineStatus &= ~(STATUS.ready | STATUS.breakSignal);
    }
    this.#update();
    if ((this.#modemControl & MODEM.loop) === 0) this.#wiring.line.wanting();
    return byte;
  }

  #transmit(byte: number): void {
    this.#transmitPending = false;
    this.#update();
    if ((this.#modemControl & MODEM.loop) !== 0) this.receive(byte);
    else this.#wiring.line.send(byte);
    this.#lineStatus |= STATUS.holdingEmpty | STATUS.empty;
    this.#transmitPending = true;
    this.#update();
  }

  #enable(value: number): void {
    const changed = (value ^ this.#enabled) & ENABLE.all;
    this.#enabled = value;
    if (changed === 0) return;
    // The transmitter is always empty, so enabling its interrupt asks for one at once.
    if ((changed & ENABLE.transmitted) !== 0) this.#transmitPending = (value & ENABLE.transmitted) !== 0;
    this.#update();
  }

  #controlFifos(value: number): void {
    const switched = ((value ^ this.#fifoControl) & FIFO.enable) !== 0;
    if (switched || (value & FIFO.clearReceived) !== 0) {
      this.#lineStatus &= ~(STATUS.ready | STATUS.breakSignal);
      this.#cancelTimeout();
      this.#fifoCount = 0;
    }
    if (switched || (value & FIFO.clearTransmitted) !== 0) {
      this.#lineStatus |= STATUS.holdingEmpty;
      this.#transmitPending = true;
    }
    this.#fifoControl = value & FIFO.kept;
    this.#id = (this.#id & ~ID.fifos) | (this.#hasFifos ? ID.fifos : 0);
    this.#update();
    this.#wiring.line.wanting();
  }

  #readModemStatus(): number {
    const control = this.#modemControl;
    if ((control & MODEM.loop) !== 0) {
      // The outputs are led back to the inputs: out2 and out1, request to send and terminal ready (§8.6).
      return (
        ((control & (MODEM.out1 | MODEM.out2)) << 4) | ((control & MODEM.request) << 3) | ((control & MODEM.ready) << 5)
      );
    }
    const status = this.#modemStatus;
    if ((status & MODEM_CHANGES) !== 0) {
      this.#modemStatus &= ~MODEM_CHANGES;
      this.#update();
    }
    return status;
  }

  #update(): void {
    const id = this.#pending();
    this.#id = id | (this.#id & ID.fifos);
    this.#wiring.irq.set(id !== ID.none);
  }

  #pending(): number {
    const enabled = this.#enabled;
    if ((enabled & ENABLE.lineStatus) !== 0 && (this.#lineStatus & STATUS.errors) !== 0) return ID.lineStatus;
    if ((enabled & ENABLE.received) !== 0) {
      // A timeout can come only below the trigger level, so asking for it first does not hide the other.
      if (this.#timeoutPending) return ID.timeout;
      const isDue = !this.#hasFifos || this.#fifoCount >= this.#triggerLevel;
      if ((this.#lineStatus & STATUS.ready) !== 0 && isDue) return ID.received;
    }
    if ((enabled & ENABLE.transmitted) !== 0 && this.#transmitPending) return ID.transmitted;
    if ((enabled & ENABLE.modemStatus) !== 0 && (this.#modemStatus & MODEM_CHANGES) !== 0) return ID.modemStatus;
    return ID.none;
  }

  get #triggerLevel(): number {
    return TRIGGER_LEVELS[this.#fifoControl >> 6] ?? 1;
  }

  #startTimeout(): void {
    void this.#timeout?.dispose();
    this.#timeout = this.#wiring.clock.after(this.#characterTime() * TIMEOUT_CHARACTERS, () => {
      this.#timeout = undefined;
      if (this.#fifoCount === 0) return;
      this.#timeoutPending = true;
      this.#update();
    });
  }

  #cancelTimeout(): void {
    void this.#timeout?.dispose();
    this.#timeout = undefined;
    this.#timeoutPending = false;
  }

  /** Start, data, parity and stop bits at the present speed, in nanoseconds. */
  #characterTime(): number {
    const control = this.#lineControl;
    const bits =
      1 + 5 + (control & LINE.word) + ((control & LINE.parity) === 0 ? 0 : 1) + ((control & LINE.stop) === 0 ? 1 : 2);
    const divisor = this.#divisor === 0 ? 1 : this.#divisor;
    return Math.floor((bits * divisor * NANOSECONDS) / Math.max(1, this.#wiring.baudBase));
  }
}
