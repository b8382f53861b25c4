// PCI Local Bus 3.0 §6.1: the header of type 0, with message signalled interrupts (MSI-X, §6.8.2) and an Express
// endpoint that can be reset alone (PCI Express Base 3.1 §7.8).
import type { ModelFunction } from "./function.ts";

const SIZE = 256;
const COMMAND = 0x04;
const COMMAND_MEMORY = 0x2;
const COMMAND_MASTER = 0x4;
/** Memory space, bus mastering, no pin. */
const COMMAND_WRITABLE = 0x0406;
const STATUS_CAPABILITIES = 0x10;
const BAR0 = 0x10;
const BAR_64BIT = 0x4;
const CAPABILITIES = 0x34;
const INTERRUPT_LINE = 0x3c;
const MSIX = 0x40;
const EXPRESS = 0x60;
const CAPABILITY_MSIX = 0x11;
const CAPABILITY_EXPRESS = 0x10;
const EXPRESS_ENDPOINT_V2 = 0x0002;
const FUNCTION_LEVEL_RESET = 2 ** 28;

export class ConfigSpace {
  readonly #bytes = new Uint8Array(SIZE);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #function: ModelFunction;

  constructor(device: ModelFunction) {
    this.#function = device;
    this.#fill();
  }

  get length(): number {
    return SIZE;
  }

  get isMaster(): boolean {
    return (this.#view.getUint16(COMMAND, true) & COMMAND_MASTER) !== 0;
  }

  get hasMemory(): boolean {
    return (this.#view.getUint16(COMMAND, true) & COMMAND_MEMORY) !== 0;
  }

  /** As VFIO hands it over: enabled, but no bus master. */
  #fill(): void {
    const { vendorId, deviceId, classId, vectors, barSize } = this.#function;
    const view = this.#view;
    view.setUint16(0x00, vendorId, true);
    view.setUint16(0x02, deviceId, true);
    view.setUint16(COMMAND, COMMAND_MEMORY, true);
    view.setUint16(0x06, STATUS_CAPABILITIES, true);
    view.setUint32(0x08, classId * 0x100, true);
    view.setUint32(BAR0, BAR_64BIT, true);
    view.setUint32(0x2c, vendorId + deviceId * 0x10000, true);
    view.setUint8(CAPABILITIES, MSIX);
    view.setUint16(MSIX, CAPABILITY_MSIX | (EXPRESS << 8), true);
    view.setUint16(MSIX + 2, vectors - 1, true);
    view.setUint32(MSIX + 4, barSize / 2, true);
    view.setUint32(MSIX + 8, barSize / 2 + barSize / 4, true);
    view.setUint16(EXPRESS, CAPABILITY_EXPRESS, true);
    view.setUint16(EXPRESS + 2, EXPRESS_ENDPOINT_V2, true);
    view.setUint32(EXPRESS + 4, FUNCTION_LEVEL_RESET, true);
  }

  read(offset: number, into: Uint8Array): void {
    into.set(this.#bytes.subarray(offset, offset + into.length));
  }

  /** What is read-only stays as it is. */
  write(offset: number, from: Uint8Array): void {
    from.forEach((value, index) => this.#writeByte(offset + index, value));
  }

  #writeByte(offset: number, value: number): void {
    const mask = this.#writable(offset);
    this.#bytes[offset] = ((this.#bytes[offset] ?? 0) & ~mask) | (value & mask);
  }

  #writable(offset: number): number {
    if (offset === COMMAND || offset === COMMAND + 1) return (COMMAND_WRITABLE >> (8 * (offset - COMMAND))) & 0xff;
    if (offset === INTERRUPT_LINE) return 0xff;
    // A BAR says its size by the bits that cannot be set.
    if (offset >= BAR0 && offset < BAR0 + 8) {
      const shift = 8 * (offset - BAR0);
      return Number((~(BigInt(this.#function.barSize) - 1n) >> BigInt(shift)) & 0xffn);
    }
    return 0;
  }
}
