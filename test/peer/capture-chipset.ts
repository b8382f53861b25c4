// Captures what the peer's chipset shows: configuration space after reset and after the firmware, which bits are writable,
// the flat views, IOMMU capabilities, clock memory, and how bad devices are refused.
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { chipsetCases, cmosCases, iommuCases, type Place, refusedDevices } from "./cases/chipset.ts";
import type { ChipsetGolden, ConfigDump } from "./chipset-golden.ts";
import { Peer, PEER } from "./peer.ts";

const WINDOW = 0xb000_0000;
const PCIEXBAR = 0x8000_0060;
const IOMMU = 0xfed9_0000;
const BOOT_LIMIT_MS = 15_000;

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

async function load(peer: Peer, address: number): Promise<number> {
  const [answer = ""] = await peer.qtest([`readl 0x${address.toString(16)}`]);
  return Number.parseInt(answer.slice(-8), 16);
}

async function store(peer: Peer, address: number, value: number): Promise<void> {
  await peer.qtest([`writel 0x${address.toString(16)} 0x${hex(value)}`]);
}

async function openWindow(peer: Peer): Promise<void> {
  await peer.qtest([`outl 0xcf8 0x${hex(PCIEXBAR)}`, `outl 0xcfc 0x${hex(WINDOW | 1)}`]);
}

/** Registers that move the window itself are left alone. */
const isWindowRegister = ([, device]: Place, offset: number): boolean =>
  device === 0 && (offset === 0x60 || offset === 0x64);

async function dump(peer: Peer, place: Place, probe: boolean): Promise<ConfigDump> {
  const [bus, device, number, length] = place;
  const base = WINDOW + bus * 0x10_0000 + device * 0x8000 + number * 0x1000;
  const values: number[] = [];
  for (let at = 0; at < length; at += 4) values.push(await load(peer, base + at));
  const dumped = { place, values: values.map(hex).join(" ") };
  if (!probe) return dumped;
  const writable: number[] = [];
  for (let at = 0; at < length; at += 4) {
    writable.push(isWindowRegister(place, at) ? 0 : await writableBits(peer, base + at, values[at / 4] ?? 0));
  }
  return { ...dumped, writable: writable.map(hex).join(" ") };
}

async function writableBits(peer: Peer, address: number, before: number): Promise<number> {
  await store(peer, address, 0xffff_ffff);
  const ones = await load(peer, address);
  await store(peer, address, 0);
  const zeros = await load(peer, address);
  await store(peer, address, before);
  return ones ^ zeros;
}

async function boot(peer: Peer): Promise<void> {
  await peer.execute("cont");
  for (let idle = 0, end = Date.now() + BOOT_LIMIT_MS; idle < 4 && Date.now() < end;) {
    await sleep(40);
    idle = (await peer.human("info registers")).includes("HLT=1") ? idle + 1 : 0;
  }
  await peer.execute("stop");
}

/** The ranges of an address space: `start-end name @offset`. */
function flatView(text: string, space: string): string[] {
  const view = text
    .replaceAll("\r", "")
    .split("\n\n")
    .find((block) => block.includes(`AS "${space}",`));
  return (view ?? "").split("\n").flatMap((line) => {
    const match = /^ {2}([0-9a-f]{16}-[0-9a-f]{16}) \(prio [^)]*\): (.*)$/.exec(line);
    return match === null ? [] : [`${match[1]} ${match[2]}`];
  });
}

async function everyFunction(peer: Peer): Promise<Place[]> {
  const places: Place[] = [];
  for (let bus = 0; bus < 5; bus++) {
    for (let devfn = 0; devfn < 256; devfn++) {
      const id = await load(peer, WINDOW + bus * 0x10_0000 + devfn * 0x1000);
      if (id !== 0xffff_ffff) places.push([bus, devfn >> 3, devfn & 7, 256]);
    }
  }
  return places;
}

async function withPeer<T>(args: readonly string[], use: (peer: Peer) => Promise<T>): Promise<T> {
  const peer = await Peer.start([...args, "-display", "none", "-serial", "none"]);
  try {
    return await use(peer);
  } finally {
    await peer.close();
  }
}

async function captureMachines(): Promise<ChipsetGolden["machines"]> {
  const machines: ChipsetGolden["machines"][number][] = [];
  for (const { name, args, functions } of chipsetCases) {
    const reset = await withPeer(args, async (peer) => {
      const views = await peer.human("info mtree -f");
      await openWindow(peer);
      const dumps: ConfigDump[] = [];
      for (const place of functions) dumps.push(await dump(peer, place, true));
      return { views, dumps };
    });
    const booted = await withPeer(args, async (peer) => {
      await boot(peer);
      const views = await peer.human("info mtree -f");
      const dumps: ConfigDump[] = [];
      for (const place of await everyFunction(peer)) dumps.push(await dump(peer, place, false));
      return { views, dumps };
    });
    const describe = ({ views, dumps }: { views: string; dumps: ConfigDump[] }) => ({
      dumps,
      memory: flatView(views, "memory"),
      io: flatView(views, "I/O"),
    });
    machines.push({ name, args: [...args], reset: describe(reset), firmware: describe(booted) });
  }
  return machines;
}

async function captureIommu(): Promise<ChipsetGolden["iommu"]> {
  const units: ChipsetGolden["iommu"][number][] = [];
  for (const options of iommuCases) {
    const device = options === "" ? "intel-iommu" : `intel-iommu,${options}`;
    const registers = await withPeer(["-machine", "q35,accel=tcg", "-nodefaults", "-device", device], async (peer) => {
      const values: string[] = [];
      for (const at of [0x00, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x34, 0x38, 0xa0])
        values.push(hex(await load(peer, IOMMU + at)));
      return values.join(" ");
    });
    units.push({ options, registers });
  }
  return units;
}

async function captureCmos(): Promise<ChipsetGolden["cmos"]> {
  const machines: ChipsetGolden["cmos"][number][] = [];
  for (const options of cmosCases) {
    const args = ["-machine", "q35,accel=tcg", "-nodefaults", ...options.split(" ")];
    const bytes = await withPeer(args, async (peer) => {
      const values: string[] = [];
      // The first ten show the time.
      for (let at = 0x0a; at < 0x80; at++) {
        const [, answer = ""] = await peer.qtest([`outb 0x70 ${at}`, "inb 0x71"]);
        values.push(at === 0x32 || at === 0x37 ? "--" : answer.slice(-2));
      }
      return values.join(" ");
    });
    machines.push({ options, bytes });
  }
  return machines;
}

function captureRefusals(): ChipsetGolden["refused"] {
  return refusedDevices.map((options) => {
    const args = ["-S", "-machine", "q35,accel=tcg", "-nodefaults", "-display", "none", ...options.split(" ")];
    const { stderr } = spawnSync(PEER, args, { encoding: "utf8", timeout: 5000 });
    const [line = ""] = stderr.split("\n");
    return { options, text: line.replace(/^qemu-system-x86_64: (-\S+ \S+: )?/, "") };
  });
}

export async function captureChipset(version: string): Promise<ChipsetGolden> {
  return {
    peer: version,
    machines: await captureMachines(),
    iommu: await captureIommu(),
    cmos: await captureCmos(),
    refused: captureRefusals(),
  };
}
