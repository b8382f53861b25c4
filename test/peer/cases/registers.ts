// Random conversations with devices' registers: what is written, and what is asked, follows from a seed.
import type { Random } from "../random.ts";
import { iommuCases } from "./iommu-registers.ts";

/** One access; a store or an output when there is a value. */
export interface Access {
  readonly space: "io" | "memory";
  readonly at: number;
  readonly size: 1 | 2 | 4;
  readonly value?: number;
}

export interface RegisterCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly seed: number;
  readonly steps: number;
  readonly start?: readonly Access[];
  step(random: Random): readonly Access[];
}

const BYTE = 0xff;

const input = (at: number, size: 1 | 2 | 4 = 1): Access => ({ space: "io", at, size });
const output = (at: number, value: number, size: 1 | 2 | 4 = 1): Access => ({ space: "io", at, size, value });
const load = (at: number, size: 1 | 2 | 4 = 4): Access => ({ space: "memory", at, size });
const store = (at: number, value: number, size: 1 | 2 | 4 = 4): Access => ({ space: "memory", at, size, value });
const q35 = (...args: readonly string[]): readonly string[] => ["-machine", "q35", "-m", "64M", "-nodefaults", ...args];

const SIZES = [1, 2, 4] as const;

/** Reads and writes of single ports, with a wide read now and then. */
function ports(random: Random, all: readonly number[]): readonly Access[] {
  const at = random.pick(all);
  if (random.chance(0.5)) return [input(at, random.chance(0.1) ? 2 : 1)];
  return [output(at, random.between(0, BYTE))];
}

/** An index, then the data behind it, written or read. */
function indexed(random: Random, index: number, data: number, registers: number): readonly Access[] {
  const select = output(index, random.between(0, registers - 1));
  return [select, random.chance(0.7) ? output(data, random.between(0, BYTE)) : input(data)];
}

const from = (first: number, count: number): readonly number[] => Array.from({ length: count }, (_, at) => first + at);

/** Decodes BARs 0 and 2 of slot 1. */
const VGA_START = [
  output(0xcf8, 0x8000_0810, 4),
  output(0xcfc, 0xe000_0000, 4),
  output(0xcf8, 0x8000_0818, 4),
  output(0xcfc, 0xf000_0000, 4),
  output(0xcf8, 0x8000_0804, 4),
  output(0xcfc, 0x0007, 4),
  output(0x3c2, 1),
];
const VGA_PORTS = [0x3b4, 0x3b5, 0x3ba, 0x3d4, 0x3d5, 0x3da, ...from(0x3c0, 16), 0x3c4, 0x3c5, 0x3ce, 0x3cf];

const NIC_MEMORY = 0xe000_0000;
const NIC_PORTS = 0xc000;
const NIC_START = [
  output(0xcf8, 0x8000_0810, 4),
  output(0xcfc, NIC_MEMORY, 4),
  output(0xcf8, 0x8000_0818, 4),
  output(0xcfc, NIC_PORTS, 4),
  output(0xcf8, 0x8000_0804, 4),
  output(0xcfc, 0x0003, 4),
];
/** Control, NVM, interrupts, rings, filters and the old offsets of some. SYSTIM and its like are left alone: they move. */
const NIC_REGISTERS = [
  [0x00, 0x04, 0x08, 0x10, 0x14, 0x18, 0x38, 0xc0, 0xc4, 0xc8, 0xd0, 0xd8, 0xdc, 0xe0, 0xe4, 0xe8, 0xf8, 0x40, 0x44],
  [0x100, 0x108, 0x110, 0x118, 0x120, 0x128, 0x160, 0x168, 0x400, 0x420, 0x428, 0x430, 0x438, 0x440, 0x600, 0x7fc],
  [0x1000, 0x1008, 0x102c, 0x2160, 0x2170, 0x2410, 0x2808, 0x2810, 0x2818, 0x2820, 0x2828, 0x2928, 0x2c00, 0x3818],
  [0x3840, 0x3820, 0x4074, 0x40cc, 0x4100, 0x5000, 0x5008, 0x5200, 0x5400, 0x5404, 0x5600, 0x5b00, 0x5b50, 0x5b68],
  [0x8000, 0x8010, 0x9000, 0x9400, 0x9800, 0x10000, 0x19ffc, 0x1a000],
].flat();

function nicStep(random: Random): readonly Access[] {
  const word = (): number => Math.floor(random.next() * 2 ** 32);
  const anywhere = (): number => NIC_MEMORY + 4 * random.between(0, 0x16ff);
  const at = random.chance(0.8) ? NIC_MEMORY + random.pick(NIC_REGISTERS) : anywhere();
  switch (random.between(0, 7)) {
    case 0: {
      const phy = random.chance(0.9) ? 0x0020_0000 : 0x0040_0000;
      // The negotiation that registers 0 and 25 begin ends by itself, when time goes on.
      const register = random.pick([1, 2, 3, 4, 5, 9, 10, 15, 16, 17, 18, 20, 21, 22, 29, 30]);
      const command = random.chance(0.5) ? 0x0400_0000 : 0x0800_0000;
      const mdic = NIC_MEMORY + 0x20;
      return [store(mdic, phy | command | (register << 16) | random.between(0, 0xffff)), load(mdic)];
    }
    case 1:
      return [store(NIC_MEMORY + 0x14, (random.between(0, 0x4f) << 2) | random.between(0, 1)), load(NIC_MEMORY + 0x14)];
    case 2:
      return [output(NIC_PORTS, random.pick(NIC_REGISTERS), 4), input(NIC_PORTS + 4, 4)];
    case 3:
    case 4:
      return [load(at, random.chance(0.9) ? 4 : 1)];
    default:
      return [store(at, random.chance(0.3) ? 2 ** random.between(0, 31) : word()), load(at)];
  }
}

function displayMode(random: Random): readonly Access[] {
  const register = random.pick([0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9]);
  const value =
    register === 4
      ? random.pick([0, 1, 3, 0x21, 0x41, 0x81])
      : register === 3
        ? random.pick([4, 7, 8, 15, 16, 24, 32])
        : register === 0
          ? 0xb0c0 + random.between(0, 7)
          : random.between(0, random.chance(0.5) ? 0xffff : 2000);
  return [output(0x1ce, register, 2), output(0x1d0, value, 2), input(0x1d0, 2)];
}

function vgaStep(random: Random): readonly Access[] {
  const window = 0xa0000 + random.between(0, random.chance(0.5) ? 63 : 0x1ffff);
  const control = 0xf000_0000 + random.pick([0, 0x400, 0x500, 0x600, 0x700]) + random.between(0, 31);
  switch (random.between(0, 8)) {
    case 0:
    case 1:
      return ports(random, VGA_PORTS);
    case 2:
      return indexed(random, 0x3c4, 0x3c5, 8);
    case 3:
      return indexed(random, 0x3ce, 0x3cf, 9);
    case 4:
      return displayMode(random);
    case 5:
      return [store(window, random.between(0, BYTE), 1)];
    case 6:
      return [load(window, 1)];
    case 7:
      return [load(0xe000_0000 + random.between(0, 511))];
    default:
      if (random.chance(0.5)) return [load(control, random.pick(SIZES))];
      return [store(control, random.between(0, 0xffff), random.pick(SIZES))];
  }
}

/** A register of slot 1's configuration space: its address, then the access. */
const configuration = (at: number, data: Access): readonly Access[] => [
  output(0xcf8, 0x8000_0800 + (at & 0xfc), 4),
  { ...data, at: 0xcfc + (at & 3) },
];

/** Reads of all of slot 1's configuration space. */
function configurationStep(random: Random): readonly Access[] {
  return configuration(4 * random.between(0, 63), input(0, 4));
}

/** Decodes BAR 2 of slot 1, and has its EDID read. */
function monitorCase(name: string, device: string, seed: number): RegisterCase {
  const start = [...configuration(0x18, output(0, 0xf000_0000, 4)), ...configuration(0x04, output(0, 2, 4))];
  return {
    name,
    args: q35("-device", device),
    seed,
    steps: 400,
    start,
    step: (random) => [load(0xf000_0000 + 4 * random.between(0, 95))],
  };
}

/** Configuration and lock register, the unlocking sequence and what it unlocks, in any order. */
function watchdogStep(random: Random): readonly Access[] {
  const reload = 0xf000_000c;
  const size = random.pick(SIZES);
  switch (random.between(0, 4)) {
    case 0:
      return configuration(random.pick([0x60, 0x60, 0x61, 0x68]), input(0, random.pick([1, 2] as const)));
    case 1:
      return configuration(0x60, output(0, random.between(0, 0xffff), 2));
    case 2:
      return configuration(0x68, output(0, random.between(0, 3) * 2 + (random.chance(0.01) ? 1 : 0), 1));
    case 3:
      return [store(reload, 0x80, 1), store(reload, 0x86, size), store(reload, random.pick([0x100, 0x200, 0x1000]), 2)];
    default:
      return [load(0xf000_0000 + size * random.between(0, 16 / size - 1), size)];
  }
}

const VIRTIO_BAR = 0xe000_0000;
const VIRTIO_START = [
  output(0xcf8, 0x8000_0820, 4),
  output(0xcfc, VIRTIO_BAR, 4),
  output(0xcf8, 0x8000_0804, 4),
  output(0xcfc, 0x0006, 4),
];
/** Registers of the common structure, with their widths and values that drivers write there. */
const VIRTIO_REGISTERS: readonly (readonly [number, 1 | 2 | 4, readonly number[]])[] = [
  [0x00, 4, [0, 1, 2]],
  [0x04, 4, []],
  [0x08, 4, [0, 1, 2]],
  [0x0c, 4, [0, 1, 0x6e54, 0x3000_6e54, 0xffff_ffff]],
  [0x10, 2, [0, 1, 2, 0xffff]],
  [0x12, 2, []],
  [0x14, 1, [0, 1, 3, 0xb, 0xf]],
  [0x15, 1, []],
  [0x16, 2, [0, 1, 2, 0x400]],
  [0x18, 2, [0, 16, 256, 1024, 4096]],
  [0x1a, 2, [0, 1, 2, 5]],
  [0x1e, 2, []],
  [0x20, 4, [0x10_0000, 0]],
  [0x24, 4, [0]],
  [0x28, 4, [0x10_1000]],
  [0x30, 4, [0x10_2000]],
  [0x3a, 2, [1]],
];

/** Negotiation and configuration; no queue is enabled, so nothing happens by itself. */
function virtioStep(random: Random): readonly Access[] {
  const device = VIRTIO_BAR + 0x2000;
  if (random.chance(0.2)) return [load(device + 4 * random.between(0, 16))];
  if (random.chance(0.1)) return [store(device + 0x20, random.between(0, 1), 1), load(device + 0x20)];
  if (random.chance(0.1)) return configurationStep(random);
  if (random.chance(0.05)) return [store(VIRTIO_BAR + 0x3000, 0, 2), load(VIRTIO_BAR + 0x1000, 1)];
  const [at, size, values] = random.pick(VIRTIO_REGISTERS);
  if (values.length === 0 || random.chance(0.4)) return [load(VIRTIO_BAR + at, size)];
  return [store(VIRTIO_BAR + at, random.pick(values), size)];
}

/** A block device on nothing. */
function virtioBlockCase(name: string, type: string, options: string, seed: number): RegisterCase {
  const node = ["-blockdev", "null-co,node-name=n,size=1000448"];
  return {
    name,
    args: q35(...node, "-device", `${type},drive=n,addr=1${options}`),
    seed,
    steps: 800,
    start: VIRTIO_START,
    step: virtioStep,
  };
}

export const registerCases: readonly RegisterCase[] = [
  {
    name: "serial",
    args: q35("-device", "isa-serial"),
    seed: 1,
    steps: 1200,
    step: (random) => ports(random, from(0x3f8, 8)),
  },
  {
    name: "parallel",
    args: q35("-chardev", "null,id=c", "-device", "isa-parallel,chardev=c"),
    seed: 2,
    steps: 800,
    step: (random) => ports(random, from(0x378, 8)),
  },
  { name: "vga", args: q35("-device", "VGA"), seed: 3, steps: 2500, start: VGA_START, step: vgaStep },
  { name: "e1000e", args: q35("-device", "e1000e"), seed: 11, steps: 2500, start: NIC_START, step: nicStep },
  {
    name: "interrupt-controllers",
    args: q35(),
    seed: 4,
    steps: 1000,
    step: (random) => ports(random, [0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1]),
  },
  {
    name: "dma",
    args: q35(),
    seed: 5,
    steps: 1200,
    step: (random) => ports(random, [...from(0x00, 16), ...from(0x80, 16), ...from(0xc0, 32)]),
  },
  {
    // Registers A to D and the time itself are left alone: they move.
    name: "clock-memory",
    args: q35("-rtc", "base=2025-01-01"),
    seed: 6,
    steps: 400,
    step: (random) => {
      const select = output(0x70, random.between(0x0e, 0x7f) | (random.chance(0.2) ? 0x80 : 0));
      return [select, random.chance(0.5) ? output(0x71, random.between(0, BYTE)) : input(0x71)];
    },
  },
  {
    name: "io-apic",
    args: q35(),
    seed: 7,
    steps: 600,
    step: (random) => {
      const select = store(0xfec0_0000, random.chance(0.9) ? random.between(0, 0x40) : random.between(0, BYTE));
      const data = 0xfec0_0010;
      return [select, random.chance(0.5) ? load(data) : store(data, Math.floor(random.next() * 2 ** 32))];
    },
  },
  {
    // The clock stands still, so counters show what they were loaded with.
    name: "interval-timer",
    args: q35(),
    seed: 8,
    steps: 1000,
    step: (random) => ports(random, [0x40, 0x41, 0x42, 0x43, 0x43, 0x61]),
  },
  {
    name: "keyboard-controller",
    args: q35(),
    seed: 9,
    steps: 600,
    step: (random) => {
      if (random.chance(0.5)) return [input(random.pick([0x60, 0x64]))];
      // From 0xd0 on, commands reach the reset line and A20.
      return [random.chance(0.5) ? output(0x60, random.between(0, BYTE)) : output(0x64, random.between(0, 0xcf))];
    },
  },
  {
    name: "hpet",
    args: q35(),
    seed: 10,
    steps: 800,
    step: (random) => {
      const at = 0xfed0_0000 + 4 * random.between(0, 0x60);
      return [random.chance(0.6) ? load(at) : store(at, Math.floor(random.next() * 2 ** 32))];
    },
  },
  {
    name: "watchdog-i6300esb",
    args: q35("-device", "i6300esb"),
    seed: 21,
    steps: 600,
    start: [...configuration(0x10, output(0, 0xf000_0000, 4)), ...configuration(0x04, output(0, 2, 4))],
    step: watchdogStep,
  },
  {
    name: "ioh3420",
    args: q35("-device", "ioh3420,chassis=1,port=3,slot=5"),
    seed: 22,
    steps: 300,
    step: configurationStep,
  },
  { name: "i82801b11-bridge", args: q35("-device", "i82801b11-bridge"), seed: 23, steps: 300, step: configurationStep },
  { name: "secondary-vga", args: q35("-device", "secondary-vga"), seed: 24, steps: 300, step: configurationStep },
  monitorCase("monitor-1600x900", "secondary-vga,xres=1600,yres=900,xmax=1700,ymax=1100,refresh_rate=60000", 25),
  monitorCase("monitor-5120x2880", "VGA,xres=5120,yres=2880", 26),
  virtioBlockCase("virtio-blk", "virtio-blk-pci", "", 31),
  virtioBlockCase(
    "virtio-blk-sizes",
    "virtio-blk-pci-non-transitional",
    ",logical_block_size=4096,physical_block_size=16384,min_io_size=8192,opt_io_size=65536,num-queues=3,queue-size=64,serial=one",
    32,
  ),
  virtioBlockCase(
    "virtio-blk-plain",
    "virtio-blk-pci-transitional",
    ",discard=off,write-zeroes=off,config-wce=off",
    33,
  ),
  ...iommuCases,
];
