// Interrupt remapping: VT-d specification 4.1 §5.1, §9.10.
import {
  ACCESS_ERROR,
  requesterOf,
  type AccessAttributes,
  type AccessFault,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { SendMessage } from "./faults.ts";
import { beyond, pageOf } from "./guest-tables.ts";
import { MESSAGES } from "./message-range.ts";
import { FAULT, type FaultReason } from "./reasons.ts";
import { AT } from "./register-file.ts";
import type { RemappingUnit } from "./unit.ts";

/** Fields of an address in remappable format (§5.1.2.2); interrupts in the other format pass. */
const REQUEST = { remappable: 0x10, hasSubhandle: 0x8, indexTop: 0x4, kept: 0x3 } as const;
const ENTRY_LENGTH = 16;
const ENTRY = { present: 0x1, faultsDisabled: 0x2, reserved: 0xff007000 } as const;
const SOURCE_RESERVED = 0xfff00000;
const VERIFY = { nothing: 0, requester: 1, bus: 2 } as const;
/** Function bits that are not compared (§9.10, source-id qualifier). */
const QUALIFIERS = [0xffff, 0xfffb, 0xfff9, 0xfff8] as const;
/** A message of which nobody said who sent it: the I/O APIC's. Its source is not verified. */
const NOBODY = 0xffff;
const TABLE = { size: 0xf, extended: 0x800 } as const;
const ASSERTED = 0x4000;

export class InterruptRemapper {
  readonly #unit: RemappingUnit;
  readonly #send: SendMessage;
  isEnabled = false;
  /** As they were when the guest last had the table set. A reset does not change them. */
  table = 0;
  entries = 0;
  isExtended = false;

  constructor(unit: RemappingUnit, send: SendMessage) {
    this.#unit = unit;
    this.#send = send;
  }

  /** Interrupts arrive here as writes; nothing is there to be read. */
  region(regions: MemoryRegions): MemoryRegion {
    return regions.io("vtd-ir", MESSAGES.size, {
      valid: { min: 4, max: 4 },
      impl: { min: 4, max: 4 },
      read: () => 0,
      write: (offset, data, _size, attributes) => this.#deliver(MESSAGES.address + offset, data, attributes),
    });
  }

  /** The guest has the table's address and size taken over. */
  setTable(): void {
    const { registers, configuration } = this.#unit;
    const low = registers.get(AT.remappingTable);
    this.table = pageOf(low, registers.get(AT.remappingTable + 4) & ~beyond(configuration.addressWidth));
    this.entries = 2 ** ((low & TABLE.size) + 1);
    this.isExtended = (low & TABLE.extended) !== 0;
  }

  #deliver(address: number, data: number, attributes: AccessAttributes = 0): AccessFault | undefined {
    if (!this.isEnabled || (address & REQUEST.remappable) === 0) {
      this.#send(address, data);
      return undefined;
    }
    const hasSubhandle = (address & REQUEST.hasSubhandle) !== 0;
    const handle = ((address & REQUEST.indexTop) << 13) | ((address >>> 5) & 0x7fff);
    const index = (handle + (hasSubhandle ? data & 0xffff : 0)) & 0xffff;
    const source = requesterOf(attributes) ?? NOBODY;
    const reserved = hasSubhandle ? data >>> 16 : 0;
    return this.#remap(address, index, reserved, source) ? undefined : ACCESS_ERROR;
  }

  #remap(address: number, index: number, reserved: number, source: number): boolean {
    const { tables } = this.#unit;
    if (index >= this.entries) return this.#refuse(source, FAULT.indexBeyond, index);
    const at = this.table + index * ENTRY_LENGTH;
    if (!tables.read(at)) return this.#refuse(source, FAULT.remappingUnreadable, index);
    const { low, high } = tables;
    if (!tables.read(at + 8)) return this.#refuse(source, FAULT.remappingUnreadable, index);
    const reason = wrong(low, tables.low, tables.high, source);
    if (reason !== FAULT.none) {
      return (low & ENTRY.faultsDisabled) !== 0 ? false : this.#refuse(source, reason, index);
    }
    if (reserved !== 0) return this.#refuse(source, FAULT.requestReserved, 0);
    this.#sendRemapped(address, low, high);
    return true;
  }

  /** The upper bits of an extended destination go above the address (Intel SDM volume 3 §11.12.10 has 32 of them). */
  #sendRemapped(request: number, low: number, high: number): void {
    const destination = this.isExtended ? high : (high >>> 8) & 0xff;
    const mode = (((low >>> 2) & 1) << 2) | (((low >>> 3) & 1) << 3);
    const address = MESSAGES.address + (destination & 0xff) * 0x1000 + mode + (request & REQUEST.kept);
    const data = ((low >>> 16) & 0xff) | ((low & 0xe0) << 3) | ASSERTED | ((low & 0x10) << 11);
    this.#send(Math.floor(destination / 0x100) * 0x100 * 2 ** 32 + address, data);
  }

  #refuse(source: number, reason: FaultReason, index: number): false {
    this.#unit.faults.reportInterrupt(source, reason, index);
    return false;
  }
}

/** What is wrong with an entry, or with who uses it (§9.10). The format of posted interrupts is not told apart. */
function wrong(low: number, sourceLow: number, sourceHigh: number, source: number): FaultReason {
  if ((low & ENTRY.present) === 0) return FAULT.remappingAbsent;
  if ((low & ENTRY.reserved) !== 0 || (sourceLow & SOURCE_RESERVED) !== 0 || sourceHigh !== 0) {
    return FAULT.remappingReserved;
  }
  if (source === NOBODY) return FAULT.none;
  const expected = sourceLow & 0xffff;
  const bus = source >>> 8;
  const mask = QUALIFIERS[(sourceLow >>> 16) & 3] ?? 0xffff;
  switch ((sourceLow >>> 18) & 3) {
    case VERIFY.nothing:
      return FAULT.none;
    case VERIFY.requester:
      return (expected & mask) === (source & mask) ? FAULT.none : FAULT.sourceInvalid;
    case VERIFY.bus:
      return bus <= expected >>> 8 && bus >= (expected & 0xff) ? FAULT.none : FAULT.sourceInvalid;
    default:
      return FAULT.sourceInvalid;
  }
}
