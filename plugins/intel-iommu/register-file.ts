// The register block as memory: which bits can be written, are cleared by writing ones, or read as zero. VT-d
// specification 4.1 §11.4; offsets of fault record and IOTLB registers are those that the capabilities name.
import { capabilities, extendedCapabilities, FAULT_RECORD_AT, IOTLB_AT } from "./capabilities.ts";
import type { IommuConfiguration } from "./configuration.ts";

export const REGISTERS_LENGTH = 0x230;
const VERSION = 0x10;
const MASKED = 0x80000000;
const ALL = 0xffffffff;

export const AT = {
  version: 0x000,
  capabilities: 0x008,
  extended: 0x010,
  command: 0x018,
  status: 0x01c,
  rootTable: 0x020,
  contextCommand: 0x028,
  faultStatus: 0x034,
  faultControl: 0x038,
  faultData: 0x03c,
  faultAddress: 0x040,
  queueHead: 0x080,
  queueTail: 0x088,
  queueAddress: 0x090,
  completion: 0x09c,
  completionControl: 0x0a0,
  completionData: 0x0a4,
  completionAddress: 0x0a8,
  remappingTable: 0x0b8,
  invalidateAddress: IOTLB_AT,
  iotlb: IOTLB_AT + 8,
  faultRecord: FAULT_RECORD_AT,
} as const;

/** Offset, bits that can be written, bits that are cleared by writing ones, bits that read as zero. */
const ACCESS: readonly (readonly [at: number, writable: number, clearable?: number, writeOnly?: number])[] = [
  [AT.command, 0xff800000, 0, 0xff800000],
  [AT.rootTable, 0xfffffc00],
  [AT.rootTable + 4, ALL],
  [AT.contextCommand, ALL, 0, 0xffff0000],
  [AT.contextCommand + 4, 0xe0000003, 0, 0x3],
  [AT.faultStatus, 0, 0x11],
  [AT.faultControl, MASKED],
  [AT.faultData, 0x0000ffff],
  [AT.faultAddress, 0xfffffffc],
  [AT.queueTail, 0x0007fff0],
  [AT.queueAddress, 0xfffff807],
  [AT.queueAddress + 4, ALL],
  [AT.completion, 0, 0x1],
  [AT.completionControl, MASKED],
  [AT.completionData, ALL],
  [AT.completionAddress, 0xfffffffc],
  [AT.remappingTable, 0xfffff80f],
  [AT.remappingTable + 4, ALL],
  [AT.invalidateAddress, 0xfffff07f, 0, 0xfffff07f],
  [AT.invalidateAddress + 4, ALL, 0, ALL],
  [AT.iotlb + 4, 0xb003ffff],
  [AT.faultRecord + 12, 0, 0x80000000],
];

const words = (column: 1 | 2 | 3): Uint32Array => {
  const values = new Uint32Array(REGISTERS_LENGTH / 4);
  for (const row of ACCESS) values[row[0] / 4] = row[column] ?? 0;
  return values;
};

export class RegisterFile {
  readonly #unit: IommuConfiguration;
  readonly #values = new DataView(new ArrayBuffer(REGISTERS_LENGTH));
  readonly #writable = words(1);
  readonly #clearable = words(2);
  readonly #writeOnly = words(3);

  constructor(unit: IommuConfiguration) {
    this.#unit = unit;
    this.reset();
  }

  reset(): void {
    this.bytes.fill(0);
    this.put(AT.version, VERSION);
    this.#values.setBigUint64(AT.capabilities, capabilities(this.#unit), true);
    this.#values.setBigUint64(AT.extended, extendedCapabilities(this.#unit), true);
    this.put(AT.faultControl, MASKED);
    this.put(AT.completionControl, MASKED);
  }

  /** The device's own access, here and below: no bit is protected. Offsets are those of 32-bit words. */
  get(offset: number): number {
    return this.#values.getUint32(offset, true);
  }

  put(offset: number, value: number): void {
    this.#values.setUint32(offset, value, true);
  }

  add(offset: number, bits: number): void {
    this.put(offset, this.get(offset) | bits);
  }

  clear(offset: number, bits: number): void {
    this.put(offset, this.get(offset) & ~bits);
  }

  /** The guest's. */
  read(offset: number): number {
    return (this.get(offset) & ~(this.#writeOnly[offset >>> 2] ?? 0)) >>> 0;
  }

  write(offset: number, value: number): void {
    const writable = this.#writable[offset >>> 2] ?? 0;
    const cleared = (this.#clearable[offset >>> 2] ?? 0) & value;
    this.put(offset, ((this.get(offset) & ~writable) | (value & writable)) & ~cleared);
  }

  /** All of it, as migration sends it. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#values.buffer);
  }
}
