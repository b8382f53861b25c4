// Standard hot-plug controller: PCI Standard Hot-Plug Controller and Subsystem Specification 1.0 §4. Its registers are as
// after reset, with every slot's state; its commands are not carried out yet, since ACPI handles the bridge's hot-plug.
import { byteLength, guestAddress, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";
import { CAPABILITY, type PciFunction } from "backplane/plugins/pci/contract";

const SLOTS = 31;
const BAR_LENGTH = 0x100;
const REGISTERS_LENGTH = 0x20 + 4 * (SLOTS + 1);
const CAPABILITY_LENGTH = 8;
/** Dwords that the capability's window can select. */
const SELECT_MASK = 0xff;

const AT = {
  baseOffset: 0x00,
  slotsAvailable: 0x04,
  configuration: 0x0c,
  bus: 0x10,
  command: 0x14,
  interrupt: 0x18,
  serr: 0x1c,
  serrEnable: 0x20,
  slots: 0x24,
} as const;
/** 31 slots, the first is device 1, physical numbers go up from 1; attention button and power indicator (§4.5). */
const CONFIGURATION = 0xe001011f;
const PROGRAMMING_INTERFACE = 0x01000000;
const SERR_DEFAULT = 0x0000000f;
const SLOT = { masks: 0x7f000000, empty: 0x0d3f, occupied: 0x0036 } as const;

export class StandardHotplugController {
  readonly region: MemoryRegion;
  readonly #bridge: PciFunction;
  readonly #log: Logger;
  readonly #at: number;
  #serr = SERR_DEFAULT;
  readonly #masks = new Uint32Array(SLOTS).fill(SLOT.masks);

  constructor(bridge: PciFunction, regions: MemoryRegions, log: Logger, offset?: number) {
    this.#bridge = bridge;
    this.#log = log;
    this.#at = bridge.addCapability(CAPABILITY.shpc, CAPABILITY_LENGTH, offset);
    bridge.config.setWritable(this.#at + 2, 1, SELECT_MASK);
    this.region = regions.container("shpc-bar", byteLength(BAR_LENGTH));
    const registers = regions.io("shpc-mmio", byteLength(REGISTERS_LENGTH), {
      valid: { min: 1, max: 4 },
      impl: { min: 4, max: 4 },
      read: (at) => this.#read(at),
      write: (at, value) => this.#write(at, value),
    });
    this.region.addSubregion(guestAddress(0), registers);
    bridge.addBar(0, "memory64", this.region);
  }

  /** The capability's data dword shows the register that its select byte names. */
  refreshWindow(): void {
    const { config } = this.#bridge;
    config.set32(this.#at + 4, this.#read(config.get8(this.#at + 2) * 4));
  }

  reset(): void {
    this.#serr = SERR_DEFAULT;
    this.#masks.fill(SLOT.masks);
    this.#bridge.config.set8(this.#at + 2, 0);
  }

  #read(at: number): number {
    switch (at) {
      case AT.slotsAvailable:
        return SLOTS;
      case AT.configuration:
        return CONFIGURATION;
      case AT.bus:
        return PROGRAMMING_INTERFACE;
      case AT.serrEnable:
        return this.#serr;
      default: {
        const slot = (at - AT.slots) / 4;
        if (slot < 0 || slot >= SLOTS) return 0;
        const occupied = this.#bridge.secondary?.functions.some((occupant) => occupant.slot === slot + 1) === true;
        return ((this.#masks[slot] ?? 0) | (occupied ? SLOT.occupied : SLOT.empty)) >>> 0;
      }
    }
  }

  #write(at: number, value: number): void {
    const slot = (at - AT.slots) / 4;
    if (at === AT.serrEnable) this.#serr = value & SERR_DEFAULT;
    else if (slot >= 0 && slot < SLOTS) this.#masks[slot] = value & SLOT.masks;
    else if (at === AT.command)
      this.#log.warn("commands of the standard hot-plug controller are not supported", { command: value });
  }
}
