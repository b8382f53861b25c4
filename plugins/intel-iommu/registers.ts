// The register block: VT-d specification 3.3 §11.4. Pointers and commands that need no translation work; turning
// translation, queued invalidation or interrupt remapping on is not supported yet, is logged, and does not show in status.
import { byteLength, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";
import { capabilities, extendedCapabilities } from "./capabilities.ts";
import type { IommuConfiguration } from "./configuration.ts";

export const IOMMU_ADDRESS = 0xfed90000;
const LENGTH = 0x230;
const VERSION = 0x10;

const AT = {
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
  queueTail: 0x088,
  queueAddress: 0x090,
  completion: 0x09c,
  completionControl: 0x0a0,
  completionData: 0x0a4,
  completionAddress: 0x0a8,
  remappingTable: 0x0b8,
  iotlb: 0x0f8,
  faultRecordHigh: 0x22c,
} as const;

/** §11.4.4: the bits that start something. The status register (§11.4.5) has them in the same places. */
const COMMAND = {
  translate: 0x80000000,
  setRootTable: 0x40000000,
  queue: 0x04000000,
  remapInterrupts: 0x02000000,
  setRemappingTable: 0x01000000,
  compatibilityFormat: 0x00800000,
} as const;
const UNSUPPORTED = [
  [COMMAND.translate, "DMA translation"],
  [COMMAND.queue, "queued invalidation"],
  [COMMAND.remapInterrupts, "interrupt remapping"],
] as const;

const MASKED = 0x80000000;
/** "Do it", in the high halves of the invalidation commands; cleared when it is done. */
const INVALIDATE = 0x80000000;

/** What of each dword is kept when it is written; the rest of the block is read-only. */
const WRITABLE: ReadonlyMap<number, number> = new Map<number, number>([
  [AT.rootTable, 0xfffffc00],
  [AT.rootTable + 4, 0xffffffff],
  [AT.contextCommand, 0x0000ffff],
  [AT.contextCommand + 4, 0xe0000000],
  [AT.faultControl, 0x80000000],
  [AT.faultData, 0x0000ffff],
  [AT.faultAddress, 0xfffffffc],
  [AT.queueTail, 0x0007fff0],
  [AT.queueAddress, 0xfffff807],
  [AT.queueAddress + 4, 0xffffffff],
  [AT.completionControl, 0x80000000],
  [AT.completionData, 0xffffffff],
  [AT.completionAddress, 0xfffffffc],
  [AT.remappingTable, 0xfffff80f],
  [AT.remappingTable + 4, 0xffffffff],
  [AT.iotlb + 4, 0xb003ffff],
]);
const CLEARABLE: ReadonlyMap<number, number> = new Map<number, number>([
  [AT.faultStatus, 0x11],
  [AT.completion, 0x1],
  [AT.faultRecordHigh, 0x80000000],
]);

export class RemappingRegisters {
  readonly region: MemoryRegion;
  readonly #unit: IommuConfiguration;
  readonly #log: Logger;
  readonly #values = new DataView(new ArrayBuffer(LENGTH));

  constructor(regions: MemoryRegions, unit: IommuConfiguration, log: Logger) {
    this.#unit = unit;
    this.#log = log;
    this.region = regions.io("intel_iommu", byteLength(LENGTH), {
      valid: { min: 4, max: 8 },
      impl: { min: 4, max: 4 },
      read: (offset) => (offset === AT.command ? 0 : this.#values.getUint32(offset, true)),
      write: (offset, value) => this.#write(offset, value),
    });
    this.reset();
  }

  reset(): void {
    new Uint8Array(this.#values.buffer).fill(0);
    this.#values.setUint32(AT.version, VERSION, true);
    this.#values.setBigUint64(AT.capabilities, capabilities(this.#unit), true);
    this.#values.setBigUint64(AT.extended, extendedCapabilities(this.#unit), true);
    this.#values.setUint32(AT.faultControl, MASKED, true);
    this.#values.setUint32(AT.completionControl, MASKED, true);
  }

  #write(offset: number, value: number): void {
    if (offset === AT.command) {
      this.#execute(value);
      return;
    }
    const clearable = CLEARABLE.get(offset);
    if (clearable !== undefined) {
      this.#set(offset, this.#get(offset) & ~(value & clearable));
      return;
    }
    const writable = WRITABLE.get(offset);
    if (writable === undefined) {
      this.#log.debug("write to a register that is read-only or not there", { offset, value });
      return;
    }
    this.#set(offset, (this.#get(offset) & ~writable) | (value & writable));
    if (offset === AT.contextCommand + 4 || offset === AT.iotlb + 4) this.#invalidate(offset);
    if (offset === AT.queueTail && value !== 0)
      this.#log.warn("queued invalidation is not supported: the queue is not read");
  }

  /** Nothing is cached, so an invalidation is done at once; what was asked for is what was done. */
  #invalidate(offset: number): void {
    const value = this.#get(offset);
    if ((value & INVALIDATE) === 0) return;
    const granularity = offset === AT.iotlb + 4 ? (value >>> 3) & 0x06000000 : (value >>> 2) & 0x18000000;
    this.#set(offset, (value & ~INVALIDATE & (offset === AT.iotlb + 4 ? ~0x06000000 : ~0x18000000)) | granularity);
  }

  #execute(command: number): void {
    let status = this.#get(AT.status);
    for (const [bit, name] of UNSUPPORTED) {
      if ((command & bit) !== 0) this.#log.warn(`${name} is not supported: the guest cannot turn it on`);
    }
    if ((command & COMMAND.setRootTable) !== 0) status |= COMMAND.setRootTable;
    if ((command & COMMAND.setRemappingTable) !== 0 && this.#unit.interruptRemapping)
      status |= COMMAND.setRemappingTable;
    status =
      (command & COMMAND.compatibilityFormat) === 0
        ? status & ~COMMAND.compatibilityFormat
        : status | COMMAND.compatibilityFormat;
    this.#set(AT.status, status);
  }

  #get(offset: number): number {
    return this.#values.getUint32(offset, true);
  }

  #set(offset: number, value: number): void {
    this.#values.setUint32(offset, value >>> 0, true);
  }
}
