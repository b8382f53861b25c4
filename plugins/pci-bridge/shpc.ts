// Standard hot-plug controller: PCI Standard Hot-Plug Controller and Subsystem Specification 1.0 §4. 31 slots, of which the
// first is device 1. Commands are carried out at once.
import { byteLength, guestAddress, type MemoryRegion, type MemoryRegions } from "backplane";
import { CAPABILITY, type PciFunction, type PciHotplug, type PciMsi } from "backplane/plugins/pci/contract";
import { pciBridgeErrors } from "./errors.ts";

const SLOTS = 31;
const BAR_LENGTH = 0x100;
const AT = {
  slotsAt33: 0x04,
  slots: 0x0c,
  firstDevice: 0x0d,
  physicalSlot: 0x0e,
  bus: 0x10,
  interface: 0x13,
  command: 0x14,
  target: 0x15,
  commandStatus: 0x16,
  interrupts: 0x18,
  serr: 0x20,
  firstSlot: 0x24,
} as const;
const SLOT_LENGTH = 4;
export const REGISTERS_LENGTH = AT.firstSlot + SLOT_LENGTH * SLOTS;
/** Within a slot's register: status, then what has happened, then what of it does not interrupt. */
const SLOT = { status: 0, events: 2, disabled: 3 } as const;
const CAPABILITY_LENGTH = 8;
const CAPABILITY_AT = { select: 2, data: 4 } as const;

/** Physical numbers go up from 1; latches and attention buttons are there. */
const PHYSICAL = 1 | 0x2000 | 0x4000 | 0x8000;
const INTERFACE_VERSION = 1;
const TARGET_MASK = 0x1f;
const COMMAND_STATUS = { clearable: 0x0f, invalidCommand: 0x04, invalidMode: 0x08 } as const;
const SERR = {
  disabled: 0x0f,
  interruptsOff: 0x01,
  commandsOff: 0x04,
  commandDone: 0x1_0000,
  clearable: 0x3_0000,
} as const;
const COMMAND_INTERRUPT = 0x1;

/** Fields of a slot's status. */
const FIELD = {
  state: { mask: 0x003, shift: 0 },
  power: { mask: 0x00c, shift: 2 },
  attention: { mask: 0x030, shift: 4 },
  latchOpen: { mask: 0x100, shift: 8 },
  present: { mask: 0xc00, shift: 10 },
} as const;
type Field = keyof typeof FIELD;
const STATE = { unchanged: 0, powered: 1, enabled: 2, disabled: 3 } as const;
const LED = { unchanged: 0, on: 1, blinks: 2, off: 3 } as const;
const PRESENT = { card: 0, empty: 3 } as const;
const EVENT = { presence: 0x01, button: 0x04, latch: 0x08, all: 0x1f, disabled: 0x7f } as const;
const COMMAND = { lastSlotCommand: 0x3f, speed: 0x40, lastSpeed: 0x47, powerAll: 0x48, enableAll: 0x49 } as const;

export interface HotplugControllerParts {
  readonly bridge: PciFunction;
  readonly regions: MemoryRegions;
  /** Where the capability stands; in the first gap when absent. */
  readonly offset?: number;
  /** Takes away what is in a slot of the bus behind the bridge. */
  eject(slot: number): void;
}

export class StandardHotplugController implements PciHotplug {
  readonly name = "shpc";
  readonly region: MemoryRegion;
  readonly #parts: HotplugControllerParts;
  readonly #at: number;
  readonly #registers = new DataView(new ArrayBuffer(REGISTERS_LENGTH));
  readonly #writable = new DataView(new ArrayBuffer(REGISTERS_LENGTH));
  readonly #clearable = new DataView(new ArrayBuffer(REGISTERS_LENGTH));
  #messages: PciMsi | undefined;
  #interrupting = false;

  constructor(parts: HotplugControllerParts) {
    const { bridge, regions, offset } = parts;
    this.#parts = parts;
    this.#at = bridge.addCapability(CAPABILITY.shpc, CAPABILITY_LENGTH, offset);
    bridge.config.setWritable(this.#at + CAPABILITY_AT.select, 1, 0xff);
    bridge.config.setWritable(this.#at + CAPABILITY_AT.data, 4, 0xffffffff);
    this.#writable.setUint8(AT.command, 0xff);
    this.#writable.setUint8(AT.target, TARGET_MASK);
    this.#writable.setUint32(AT.serr, SERR.disabled, true);
    this.#clearable.setUint32(AT.serr, SERR.clearable, true);
    for (let slot = 0; slot < SLOTS; slot++) {
      this.#writable.setUint8(slotAt(slot) + SLOT.disabled, EVENT.disabled);
      this.#clearable.setUint8(slotAt(slot) + SLOT.events, EVENT.all);
    }
    this.region = regions.container("shpc-bar", byteLength(BAR_LENGTH));
    const mmio = regions.io("shpc-mmio", byteLength(REGISTERS_LENGTH), {
      valid: { min: 1, max: 4 },
      read: (at, size) => this.#read(at, size),
      write: (at, value, size) => this.#write(at, value, size),
    });
    this.region.addSubregion(guestAddress(0), mmio);
    bridge.addBar(0, "memory64", this.region);
  }

  /** Its interrupts are messages where the guest wants them so. */
  useMessages(messages: PciMsi): void {
    this.#messages = messages;
  }

  reset(): void {
    const registers = this.#registers;
    new Uint8Array(registers.buffer).fill(0);
    registers.setUint32(AT.slotsAt33, SLOTS, true);
    registers.setUint8(AT.slots, SLOTS);
    registers.setUint8(AT.firstDevice, 1);
    registers.setUint16(AT.physicalSlot, PHYSICAL, true);
    registers.setUint8(AT.interface, INTERFACE_VERSION);
    registers.setUint32(AT.serr, SERR.disabled, true);
    for (let slot = 0; slot < SLOTS; slot++) {
      registers.setUint8(slotAt(slot) + SLOT.disabled, EVENT.disabled);
      const isOccupied = this.#parts.bridge.secondary?.at((slot + 1) * 8) !== undefined;
      this.#set(slot, "state", isOccupied ? STATE.enabled : STATE.disabled);
      this.#set(slot, "power", isOccupied ? LED.on : LED.off);
      this.#set(slot, "attention", LED.off);
      this.#fill(slot, isOccupied);
    }
    this.#interrupting = false;
    this.#updateInterrupt();
  }

  captureState(): Uint8Array {
    return new Uint8Array(this.#registers.buffer.slice(0));
  }

  /** A message too many is harmless; one too few is not. */
  restoreState(registers: Uint8Array): void {
    new Uint8Array(this.#registers.buffer).set(registers);
    this.#interrupting = false;
    this.#updateInterrupt();
  }

  /** The capability's data dword shows the register that its select byte names; it is written when something is selected. */
  refreshWindow(): void {
    const { config } = this.#parts.bridge;
    const register = config.get8(this.#at + CAPABILITY_AT.select) * 4;
    config.set32(this.#at + CAPABILITY_AT.data, this.#read(register, 4));
  }

  /** After the guest wrote configuration registers. */
  configWritten(offset: number, size: number): void {
    const start = this.#at;
    if (offset >= start + CAPABILITY_LENGTH || offset + size <= start) return;
    const { config } = this.#parts.bridge;
    const register = config.get8(start + CAPABILITY_AT.select) * 4;
    const data = start + CAPABILITY_AT.data;
    // As in the peer it is not the guest's data that arrives in the register, but what stands in a register of that number.
    if (offset < data + 4 && data < offset + size) this.#write(register, this.#read(data, 4), 4);
    this.refreshWindow();
  }

  plugged(candidate: PciFunction): void {
    const slot = slotOf(candidate);
    if (!candidate.hotplugged) return this.#fill(slot, true);
    // A latch that is closed already: the removal that the guest has been asked for is taken back.
    const isNew = this.#get(slot, "latchOpen") === 1;
    if (isNew) this.#fill(slot, true);
    this.#happens(slot, isNew ? EVENT.button | EVENT.latch | EVENT.presence : EVENT.button);
  }

  unplugRequested(candidate: PciFunction): void {
    const slot = slotOf(candidate);
    if (this.#get(slot, "power") === LED.blinks) throw pciBridgeErrors.PCI_BRIDGE_BUSY();
    if (this.#isOff(slot)) this.#empty(slot);
    else this.#happens(slot, EVENT.button);
    this.#updateInterrupt();
  }

  #read(at: number, size: number): number {
    let value = 0;
    for (let byte = 0; byte < size && at + byte < REGISTERS_LENGTH; byte++)
      value += this.#registers.getUint8(at + byte) * 2 ** (8 * byte);
    return value;
  }

  #write(at: number, value: number, size: number): void {
    if (at >= REGISTERS_LENGTH) return;
    for (let byte = 0; byte < size && at + byte < REGISTERS_LENGTH; byte++) {
      const given = (value >>> (8 * byte)) & 0xff;
      const writable = this.#writable.getUint8(at + byte);
      const old = this.#registers.getUint8(at + byte);
      const kept = (old & ~writable) | (given & writable);
      this.#registers.setUint8(at + byte, kept & ~(given & this.#clearable.getUint8(at + byte)));
    }
    if (at < AT.command + 2 && AT.command < at + size) this.#execute();
    this.#updateInterrupt();
  }

  #execute(): void {
    const registers = this.#registers;
    const status = registers.getUint16(AT.commandStatus, true) & ~COMMAND_STATUS.clearable;
    registers.setUint16(AT.commandStatus, status, true);
    const code = registers.getUint8(AT.command);
    if (code <= COMMAND.lastSlotCommand) this.#commandSlot(registers.getUint8(AT.target) & TARGET_MASK, code);
    else if (code <= COMMAND.lastSpeed) this.#setSpeed(code & 7);
    else if (code === COMMAND.powerAll) this.#switchAll(STATE.powered);
    else if (code === COMMAND.enableAll) this.#switchAll(STATE.enabled);
    else this.#refuse(COMMAND_STATUS.invalidCommand);
    registers.setUint32(AT.serr, registers.getUint32(AT.serr, true) | SERR.commandDone, true);
  }

  /** 33 MHz is the only speed there is. */
  #setSpeed(speed: number): void {
    if (speed !== 0) return this.#refuse(COMMAND_STATUS.invalidMode);
    this.#registers.setUint8(AT.bus, this.#registers.getUint8(AT.bus) & ~7);
  }

  #refuse(reason: number): void {
    const status = this.#registers.getUint16(AT.commandStatus, true);
    this.#registers.setUint16(AT.commandStatus, status | reason, true);
  }

  #commandSlot(target: number, code: number): void {
    const slot = target - 1;
    if (slot < 0 || slot >= SLOTS) return this.#refuse(COMMAND_STATUS.invalidCommand);
    const state = code & FIELD.state.mask;
    if (this.#get(slot, "state") === STATE.enabled && state === STATE.powered)
      return this.#refuse(COMMAND_STATUS.invalidCommand);
    this.#switch(slot, state, (code & FIELD.power.mask) >> 2, (code & FIELD.attention.mask) >> 4);
  }

  /** All slots that are closed; none may be on. */
  #switchAll(state: number): void {
    for (let slot = 0; slot < SLOTS; slot++)
      if (this.#get(slot, "state") === STATE.enabled) return this.#refuse(COMMAND_STATUS.invalidCommand);
    for (let slot = 0; slot < SLOTS; slot++) {
      const isClosed = this.#get(slot, "latchOpen") === 0;
      this.#switch(slot, isClosed ? state : STATE.unchanged, isClosed ? LED.on : LED.off, LED.unchanged);
    }
  }

  #switch(slot: number, state: number, power: number, attention: number): void {
    const wasOff = this.#isOff(slot);
    if (power !== LED.unchanged) this.#set(slot, "power", power);
    if (attention !== LED.unchanged) this.#set(slot, "attention", attention);
    if (state !== STATE.unchanged) this.#set(slot, "state", state);
    if (!wasOff && this.#isOff(slot)) this.#empty(slot);
  }

  #isOff(slot: number): boolean {
    return this.#get(slot, "state") === STATE.disabled && this.#get(slot, "power") === LED.off;
  }

  #empty(slot: number): void {
    this.#parts.eject(slot + 1);
    this.#fill(slot, false);
    const at = slotAt(slot) + SLOT.events;
    this.#registers.setUint8(at, this.#registers.getUint8(at) | EVENT.latch | EVENT.presence);
  }

  #fill(slot: number, isOccupied: boolean): void {
    this.#set(slot, "latchOpen", isOccupied ? 0 : 1);
    this.#set(slot, "present", isOccupied ? PRESENT.card : PRESENT.empty);
  }

  #happens(slot: number, events: number): void {
    const at = slotAt(slot) + SLOT.events;
    this.#registers.setUint8(at, this.#registers.getUint8(at) | events);
    this.#updateInterrupt();
  }

  #get(slot: number, field: Field): number {
    const { mask, shift } = FIELD[field];
    return (this.#registers.getUint16(slotAt(slot), true) & mask) >> shift;
  }

  #set(slot: number, field: Field, value: number): void {
    const { mask, shift } = FIELD[field];
    const status = this.#registers.getUint16(slotAt(slot), true) & ~mask;
    this.#registers.setUint16(slotAt(slot), status | (value << shift), true);
  }

  #updateInterrupt(): void {
    const registers = this.#registers;
    let sources = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const events = registers.getUint8(slotAt(slot) + SLOT.events);
      if ((events & ~registers.getUint8(slotAt(slot) + SLOT.disabled)) !== 0) sources |= 2 << slot;
    }
    const serr = registers.getUint32(AT.serr, true);
    if ((serr & SERR.commandDone) !== 0 && (serr & SERR.commandsOff) === 0) sources |= COMMAND_INTERRUPT;
    registers.setUint32(AT.interrupts, sources >>> 0, true);
    const level = sources !== 0 && (serr & SERR.interruptsOff) === 0;
    if (this.#messages?.enabled !== true) this.#parts.bridge.interrupt.set(level);
    else if (level !== this.#interrupting) this.#messages.send(0);
    this.#interrupting = level;
  }
}

function slotAt(slot: number): number {
  return AT.firstSlot + slot * SLOT_LENGTH;
}

/** Throws for device 0, which has no slot. */
function slotOf({ slot }: PciFunction): number {
  if (slot === 0) throw pciBridgeErrors.PCI_BRIDGE_SLOT(slot, SLOTS);
  return slot - 1;
}
