// The memory BAR of the control registers: the monitor's description, the VGA's ports, the display interface, and the
// frame buffer's byte order.
import { byteLength, guestAddress, type MemoryRegion, type MemoryRegions } from "backplane";
import type { DisplayInterface } from "./dispi.ts";
import { monitorDescription, type Monitor } from "./edid.ts";
import type { VgaRegisters } from "./registers.ts";

const SIZE = 0x1000;
const AT = { monitor: 0x000, ports: 0x400, display: 0x500, extended: 0x600 } as const;
const LENGTH = { monitor: 0x180, ports: 0x20, display: 0x16, extended: 0x08 } as const;
const CRT_PORTS = 0x10;
const ORDER = { little: 0x1e1e1e1e, big: 0xbebebebe } as const;

/** The frame buffer's byte order. */
export interface ByteOrder {
  isBig: boolean;
}

export interface ControlBarParts {
  readonly vga: VgaRegisters;
  readonly display: DisplayInterface;
  /** Undefined where nobody describes a monitor. */
  readonly monitor: Monitor | undefined;
  readonly extended: boolean;
  readonly order: ByteOrder;
}

export function controlBar(
  regions: MemoryRegions,
  { vga, display, monitor, extended, order }: ControlBarParts,
): MemoryRegion {
  const bar = regions.io("vga.mmio", byteLength(SIZE), { read: () => 0xffffffff, write: () => undefined });
  const add = (at: number, region: MemoryRegion): void => bar.addSubregion(guestAddress(at), region);
  add(AT.ports, portWindow(regions, vga));
  add(AT.display, displayWindow(regions, display));
  if (extended) add(AT.extended, extendedRegisters(regions, order));
  if (monitor !== undefined) add(AT.monitor, monitorWindow(regions, monitor));
  return bar;
}

function monitorWindow(regions: MemoryRegions, monitor: Monitor): MemoryRegion {
  let description: Uint8Array | undefined;
  return regions.io("edid", byteLength(LENGTH.monitor), {
    valid: { min: 1, max: 4 },
    impl: { min: 1, max: 1 },
    read: (offset) => (description ??= monitorDescription(monitor))[offset] ?? 0,
    write: () => undefined,
  });
}

function portWindow(regions: MemoryRegions, vga: VgaRegisters): MemoryRegion {
  const read = (offset: number): number =>
    offset < CRT_PORTS ? vga.read(offset) : vga.readCrt(offset - CRT_PORTS, true);
  const write = (offset: number, value: number): void =>
    offset < CRT_PORTS ? vga.write(offset, value) : vga.writeCrt(offset - CRT_PORTS, value, true);
  return regions.io("vga ioports remapped", byteLength(LENGTH.ports), {
    valid: { min: 1, max: 4 },
    impl: { min: 1, max: 2 },
    read: (offset, size) => (size === 1 ? read(offset) : read(offset) | (read(offset + 1) << 8)),
    write(offset, value, size) {
      write(offset, value & 0xff);
      // Index and data in one access.
      if (size === 2) write(offset + 1, value >>> 8);
    },
  });
}

function displayWindow(regions: MemoryRegions, display: DisplayInterface): MemoryRegion {
  return regions.io("bochs dispi interface", byteLength(LENGTH.display), {
    valid: { min: 1, max: 4 },
    impl: { min: 2, max: 2 },
    // An access selects its register, as through the ports.
    read(offset) {
      display.index = offset >> 1;
      return display.read();
    },
    write(offset, value) {
      display.index = offset >> 1;
      display.write(value);
    },
  });
}

/** The byte order is remembered, and nobody shows the frame buffer. */
function extendedRegisters(regions: MemoryRegions, order: ByteOrder): MemoryRegion {
  return regions.io("qemu extended regs", byteLength(LENGTH.extended), {
    valid: { min: 4, max: 4 },
    impl: { min: 4, max: 4 },
    read: (offset) => (offset === 0 ? LENGTH.extended : order.isBig ? ORDER.big : ORDER.little),
    write(offset, value) {
      if (offset === 4 && (value === ORDER.little || value === ORDER.big)) order.isBig = value === ORDER.big;
    },
  });
}
