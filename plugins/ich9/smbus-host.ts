// The SMBus host controller's registers: ICH9 datasheet (316972) §20.2; protocols: SMBus specification 2.0 §5.5.
import { byteLength, type IrqLine, type MemoryRegion, type MemoryRegions } from "backplane";
import type { Eeprom } from "./smbus-eeprom.ts";
import type { Smbus } from "./tokens.ts";

const BLOCK_LENGTH = 64;
const BUFFER_LENGTH = 32;
const AT = {
  status: 0x00,
  control: 0x02,
  command: 0x03,
  address: 0x04,
  data0: 0x05,
  data1: 0x06,
  block: 0x07,
  auxiliary: 0x0d,
} as const;
const STATUS = { busy: 0x01, done: 0x02, deviceError: 0x04, failed: 0x10, byteDone: 0x80 } as const;
const CONTROL = { interrupt: 0x01, kill: 0x02, lastByte: 0x20, start: 0x40, readable: 0x1f } as const;
const AUXILIARY = { buffer: 0x02, writable: 0x03 } as const;
const PROTOCOL = { quick: 0, byte: 1, byteData: 2, wordData: 3, block: 5, i2cBlockRead: 6 } as const;
const READ = 0x01;

/** What a migration carries. */
export interface SmbusHostState {
  status: number;
  control: number;
  command: number;
  address: number;
  data0: number;
  data1: number;
  index: number;
  readonly buffer: Uint8Array;
  auxiliary: number;
  block: number;
  usesI2c: boolean;
  isClosed: boolean;
  isReading: boolean;
  isDeferred: boolean;
}

export class SmbusHost {
  readonly region: MemoryRegion;
  /** The host configuration asks for I²C: no command and no length on the wire. */
  usesI2c = false;
  readonly #bus: Smbus;
  readonly #interrupt: IrqLine;
  readonly #buffer = new Uint8Array(BUFFER_LENGTH);
  #status = 0;
  #control = 0;
  #command = 0;
  #address = 0;
  #data0 = 0;
  #data1 = 0;
  #block = 0;
  #auxiliary = 0;
  #index = 0;
  /** In the middle of a block: more bytes come and go. */
  #isOpen = false;
  /** An I²C read in progress, and who answers it. */
  #reading: Eeprom | undefined;
  /** Started without interrupts: carried out when the status is read, so that a system sees the controller busy first. */
  #isDeferred = false;

  constructor(regions: MemoryRegions, bus: Smbus, interrupt: IrqLine) {
    this.#bus = bus;
    this.#interrupt = interrupt;
    this.region = regions.io("pm-smbus", byteLength(BLOCK_LENGTH), {
      valid: { min: 1, max: 1 },
      impl: { min: 1, max: 1 },
      read: (offset) => {
        const value = this.#read(offset);
        this.#updateInterrupt();
        return value;
      },
      write: (offset, value) => {
        this.#write(offset, value);
        this.#updateInterrupt();
      },
    });
  }

  get isInterrupting(): boolean {
    return (this.#status & ~STATUS.busy) !== 0 && (this.#control & CONTROL.interrupt) !== 0;
  }

  captureState(): SmbusHostState {
    return {
      status: this.#status,
      control: this.#control,
      command: this.#command,
      address: this.#address,
      data0: this.#data0,
      data1: this.#data1,
      index: this.#index,
      buffer: this.#buffer.slice(),
      auxiliary: this.#auxiliary,
      block: this.#block,
      usesI2c: this.usesI2c,
      isClosed: !this.#isOpen,
      isReading: this.#reading !== undefined,
      isDeferred: this.#isDeferred,
    };
  }

  restoreState(state: SmbusHostState): void {
    this.#status = state.status;
    this.#control = state.control;
    this.#command = state.command;
    this.#address = state.address;
    this.#data0 = state.data0;
    this.#data1 = state.data1;
    this.#index = Math.min(state.index, BUFFER_LENGTH - 1);
    this.#buffer.set(state.buffer);
    this.#auxiliary = state.auxiliary & AUXILIARY.writable;
    this.#block = state.block;
    this.usesI2c = state.usesI2c;
    this.#isOpen = !state.isClosed;
    this.#reading = state.isReading ? this.#target : undefined;
    this.#isDeferred = state.isDeferred;
  }

  /** What the host configuration's reset bit does. */
  reset(): void {
    this.#isOpen = false;
    this.#index = 0;
    this.#status = 0;
  }

  #read(offset: number): number {
    switch (offset) {
      case AT.status:
        return this.#readStatus();
      case AT.control:
        return this.#control & CONTROL.readable;
      case AT.command:
        return this.#command;
      case AT.address:
        return this.#address;
      case AT.data0:
        return this.#data0;
      case AT.data1:
        return this.#data1;
      case AT.block:
        return this.#readBlock();
      case AT.auxiliary:
        return this.#auxiliary;
      default:
        return 0;
    }
  }

  #readStatus(): number {
    const status = this.#status;
    if (this.#isDeferred) {
      this.#isDeferred = false;
      this.#status &= ~STATUS.busy;
      this.#transfer();
    }
    return status;
  }

  #readBlock(): number {
    if (!this.#hasBuffer || this.#reading !== undefined) return this.#block;
    if (this.#index >= BUFFER_LENGTH) this.#index = 0;
    const byte = this.#buffer[this.#index++] ?? 0;
    if (this.#isOpen && this.#index === this.#data0) {
      this.#close();
      this.#status &= ~STATUS.busy;
    }
    return byte;
  }

  #write(offset: number, value: number): void {
    switch (offset) {
      case AT.status:
        return this.#writeStatus(value);
      case AT.control:
        return this.#writeControl(value);
      case AT.command:
        this.#command = value;
        return;
      case AT.address:
        this.#address = value;
        return;
      case AT.data0:
        this.#data0 = value;
        return;
      case AT.data1:
        this.#data1 = value;
        return;
      case AT.block:
        return this.#writeBlock(value);
      case AT.auxiliary:
        this.#auxiliary = value & AUXILIARY.writable;
        return;
      default:
    }
  }

  #writeBlock(value: number): void {
    if (this.#index >= BUFFER_LENGTH) this.#index = 0;
    if (this.#hasBuffer) this.#buffer[this.#index++] = value;
    else this.#block = value;
  }

  /** Clearing "byte done" in the middle of a block asks for the next byte. */
  #writeStatus(value: number): void {
    const goesOn = (this.#status & value & STATUS.byteDone) !== 0;
    this.#status &= ~(value & ~STATUS.busy);
    if (!goesOn || !this.#isOpen || (this.#reading === undefined && this.#hasBuffer)) return;
    this.#index = this.#index + 1 >= BUFFER_LENGTH ? 0 : this.#index + 1;
    if (this.#isRead || this.#reading !== undefined) this.#nextRead();
    else this.#nextWritten();
  }

  #nextRead(): void {
    this.#block = this.#reading?.read() ?? this.#buffer[this.#index] ?? 0;
    if ((this.#control & CONTROL.lastByte) === 0) {
      this.#status |= STATUS.byteDone;
      return;
    }
    this.#close();
    this.#finish();
  }

  #nextWritten(): void {
    if (this.#index !== this.#data0) {
      this.#buffer[this.#index] = this.#block;
      this.#status |= STATUS.byteDone;
      return;
    }
    const target = this.#target;
    if (this.#protocol === PROTOCOL.i2cBlockRead || target === undefined) {
      this.#status |= STATUS.deviceError;
      return;
    }
    this.#putBlock(target);
    this.#isOpen = false;
    this.#finish();
  }

  #writeControl(value: number): void {
    this.#control = value & ~CONTROL.start;
    if ((value & CONTROL.start) !== 0) {
      if (this.#isOpen) this.#close();
      if ((value & CONTROL.interrupt) === 0) this.#status |= STATUS.busy;
      this.#isDeferred = (value & CONTROL.interrupt) === 0;
      if (!this.#isDeferred) this.#transfer();
    }
    if ((value & CONTROL.kill) === 0) return;
    this.#isOpen = false;
    this.#index = 0;
    this.#status = (this.#status | STATUS.failed) & ~STATUS.busy;
  }

  get #protocol(): number {
    return (this.#control >> 2) & 7;
  }

  get #isRead(): boolean {
    return (this.#address & READ) !== 0;
  }

  get #hasBuffer(): boolean {
    return (this.#auxiliary & AUXILIARY.buffer) !== 0;
  }

  get #target(): Eeprom | undefined {
    return this.#bus.at(this.#address >> 1);
  }

  #close(): void {
    this.#isOpen = false;
    this.#index = 0;
    this.#reading = undefined;
  }

  #finish(): void {
    this.#status = (this.#status | STATUS.done) & ~STATUS.busy;
  }

  #transfer(): void {
    const target = this.#target;
    // After an error nothing is done until the system has cleared it.
    const isDone = (this.#status & STATUS.deviceError) === 0 && target !== undefined && this.#run(target);
    if (!isDone) this.#status |= STATUS.deviceError;
  }

  /** False where the target, or the controller, does not know what to do. */
  #run(target: Eeprom): boolean {
    switch (this.#protocol) {
      case PROTOCOL.quick:
        break;
      case PROTOCOL.byte:
        if (this.#isRead) this.#data0 = target.read();
        else target.seek(this.#command);
        break;
      case PROTOCOL.byteData:
      case PROTOCOL.wordData:
        this.#move(target, this.#protocol === PROTOCOL.wordData);
        break;
      case PROTOCOL.block:
        return this.#isRead ? this.#readFrom(target) : this.#writeTo(target);
      case PROTOCOL.i2cBlockRead:
        target.seek(this.#data1);
        this.#reading = target;
        this.#block = target.read();
        this.#open();
        return true;
      default:
        return false;
    }
    this.#status |= STATUS.done;
    return true;
  }

  #move(target: Eeprom, isWord: boolean): void {
    target.seek(this.#command);
    if (this.#isRead) {
      this.#data0 = target.read();
      if (isWord) this.#data1 = target.read();
      return;
    }
    target.write(this.#data0);
    if (isWord) target.write(this.#data1);
  }

  #open(): void {
    this.#isOpen = true;
    this.#status |= STATUS.busy | STATUS.byteDone;
  }

  #readFrom(target: Eeprom): boolean {
    let length = BUFFER_LENGTH;
    if (!this.usesI2c) {
      target.seek(this.#command);
      length = target.read();
      if (length > BUFFER_LENGTH) length = 0;
    }
    for (let index = 0; index < length; index++) this.#buffer[index] = target.read();
    this.#index = 0;
    this.#data0 = length;
    if (this.#hasBuffer) {
      this.#isOpen = true;
      this.#status |= STATUS.done;
      return true;
    }
    this.#block = this.#buffer[0] ?? 0;
    this.#open();
    return true;
  }

  #writeTo(target: Eeprom): boolean {
    if (!this.#hasBuffer) {
      this.#buffer[0] = this.#block;
      this.#index = 0;
      this.#open();
      return true;
    }
    const isComplete = this.#index === this.#data0;
    this.#index = 0;
    if (!isComplete) return false;
    this.#putBlock(target);
    this.#isOpen = false;
    this.#finish();
    return true;
  }

  /** An EEPROM takes the length for a byte like any other. */
  #putBlock(target: Eeprom): void {
    const length = Math.min(this.#data0, BUFFER_LENGTH);
    target.seek(this.#command);
    if (!this.usesI2c) target.write(length);
    for (let index = 0; index < length; index++) target.write(this.#buffer[index] ?? 0);
  }

  #updateInterrupt(): void {
    this.#interrupt.set(this.isInterrupting);
  }
}
