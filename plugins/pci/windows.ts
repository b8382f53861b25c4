// What a bridge forwards: PCI-to-PCI Bridge Architecture Specification 1.2 §4, registers in §3.2.5.
import {
  byteLength,
  disposable,
  guestAddress,
  regionOffset,
  type ByteLength,
  type Disposable,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { ConfigSpace } from "./config-space.ts";
import type { PciRange, PciWindows } from "./contract.ts";
import { BRIDGE_CONTROL, BRIDGE_REG, COMMAND, REG } from "./registers.ts";

const FOUR_GIB = 0x1_0000_0000;
/** The low nibble says how wide the register is. */
const WIDE = 0x1;
const IO_GRANULE = 0x1000;
const MEMORY_GRANULE = 0x10_0000;

function ioRange(config: ConfigSpace): PciRange {
  const bound = (low: number, high: number): number => {
    const value = config.get8(low);
    return (value & 0xf0) * 0x100 + ((value & WIDE) === 0 ? 0 : config.get16(high) * 0x10000);
  };
  const first = bound(BRIDGE_REG.ioBase, BRIDGE_REG.ioBaseHigh);
  return { first, last: bound(BRIDGE_REG.ioLimit, BRIDGE_REG.ioLimitHigh) + IO_GRANULE - 1 };
}

function memoryRange(config: ConfigSpace): PciRange {
  const bound = (low: number): number => (config.get16(low) & 0xfff0) * 0x10000;
  return { first: bound(BRIDGE_REG.memoryBase), last: bound(BRIDGE_REG.memoryLimit) + MEMORY_GRANULE - 1 };
}

function prefetchRange(config: ConfigSpace): PciRange {
  const bound = (low: number, high: number): number => {
    const value = config.get16(low);
    return (value & 0xfff0) * 0x10000 + ((value & WIDE) === 0 ? 0 : config.get32(high) * FOUR_GIB);
  };
  const first = bound(BRIDGE_REG.prefetchBase, BRIDGE_REG.prefetchBaseHigh);
  return { first, last: bound(BRIDGE_REG.prefetchLimit, BRIDGE_REG.prefetchLimitHigh) + MEMORY_GRANULE - 1 };
}

/** The spaces behind a bridge and the aliases through which the bus in front sees parts of them. */
export class BridgeWindows implements PciWindows {
  readonly memorySpace: MemoryRegion;
  readonly ioSpace: MemoryRegion;
  readonly #config: ConfigSpace;
  readonly #views: readonly Disposable[];
  readonly #aliases: { readonly prefetchable: MemoryRegion; readonly memory: MemoryRegion; readonly io: MemoryRegion };
  readonly #vga: readonly {
    readonly region: MemoryRegion;
    readonly address: number;
    readonly parent: MemoryRegion;
    readonly command: number;
  }[];
  readonly #parents: { readonly memory: MemoryRegion; readonly io: MemoryRegion };

  constructor(
    regions: MemoryRegions,
    config: ConfigSpace,
    parents: { readonly memory: MemoryRegion; readonly io: MemoryRegion },
    whole: ByteLength,
  ) {
    this.#config = config;
    this.#parents = parents;
    this.memorySpace = regions.container("pci_bridge_pci", whole);
    this.ioSpace = regions.container("pci_bridge_io", byteLength(FOUR_GIB));
    // Nobody accesses memory from behind the bridge's own point of view, but `info mtree` shows it.
    this.#views = [
      regions.addressSpace("pci_bridge_pci_mem", this.memorySpace),
      regions.addressSpace("pci_bridge_pci_io", this.ioSpace),
    ];
    const closed = [regionOffset(0), byteLength(0)] as const;
    this.#aliases = {
      prefetchable: regions.alias("pci_bridge_pref_mem", this.memorySpace, ...closed),
      memory: regions.alias("pci_bridge_mem", this.memorySpace, ...closed),
      io: regions.alias("pci_bridge_io", this.ioSpace, ...closed),
    };
    const vga = (
      name: string,
      space: MemoryRegion,
      parent: MemoryRegion,
      command: number,
      address: number,
      length: number,
    ) => ({
      region: regions.alias(name, space, regionOffset(address), byteLength(length)),
      address,
      parent,
      command,
    });
    this.#vga = [
      vga("pci_bridge_vga_mem", this.memorySpace, parents.memory, COMMAND.memory, 0xa0000, 0x20000),
      vga("pci_bridge_vga_io_lo", this.ioSpace, parents.io, COMMAND.io, 0x3b0, 0xc),
      vga("pci_bridge_vga_io_hi", this.ioSpace, parents.io, COMMAND.io, 0x3c0, 0x20),
    ];
    regions.transaction(() => {
      parents.memory.addSubregion(guestAddress(0), this.#aliases.prefetchable, 1);
      parents.memory.addSubregion(guestAddress(0), this.#aliases.memory, 1);
      parents.io.addSubregion(guestAddress(0), this.#aliases.io, 1);
      this.update();
    });
  }

  get io(): PciRange {
    return ioRange(this.#config);
  }

  get memory(): PciRange {
    return memoryRange(this.#config);
  }

  get prefetchable(): PciRange {
    return prefetchRange(this.#config);
  }

  /** After the guest wrote a window or the command register; within a transaction. */
  update(): void {
    const command = this.#config.get16(REG.command);
    place(this.#aliases.prefetchable, this.prefetchable, (command & COMMAND.memory) !== 0);
    place(this.#aliases.memory, this.memory, (command & COMMAND.memory) !== 0);
    place(this.#aliases.io, this.io, (command & COMMAND.io) !== 0);
    const forwardsVga = (this.#config.get16(BRIDGE_REG.control) & BRIDGE_CONTROL.vga) !== 0;
    for (const { region, address, parent, command: enable } of this.#vga) {
      const open = forwardsVga && (command & enable) !== 0;
      if (open && region.container === undefined) parent.addSubregion(guestAddress(address), region, 1);
      if (!open && region.container !== undefined) parent.removeSubregion(region);
    }
  }

  close(): Disposable {
    return disposable(() => {
      for (const view of this.#views) void view.dispose();
      this.#parents.memory.removeSubregion(this.#aliases.prefetchable);
      this.#parents.memory.removeSubregion(this.#aliases.memory);
      this.#parents.io.removeSubregion(this.#aliases.io);
      for (const { region, parent } of this.#vga) if (region.container !== undefined) parent.removeSubregion(region);
    });
  }
}

/** A window beyond 2^53 is none: no device of ours could be there. */
function place(alias: MemoryRegion, range: PciRange, enabled: boolean): void {
  const open = enabled && range.last >= range.first && Number.isSafeInteger(range.last);
  const first = Number.isSafeInteger(range.first) ? range.first : 0;
  alias.setSize(byteLength(open ? range.last + 1 - first : 0));
  alias.setAddress(guestAddress(first));
  alias.setAliasOffset(regionOffset(first));
}
