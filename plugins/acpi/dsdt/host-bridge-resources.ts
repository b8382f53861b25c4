// What the root bus decodes: bus numbers, ports and memory, as producer descriptors in PCI0._CRS (ACPI 6.5 §6.2.2 and
// §6.4.3.5.1), and the chipset's own port blocks as devices, lest the system gives their ports away.
import {
  type AmlNode,
  DWordMemory,
  Device,
  IO,
  Name,
  QWordMemory,
  ResourceTemplate,
  Scope,
  Text,
  WordBusNumber,
  WordIO,
} from "../aml/index.ts";
import { type Range, hull, withoutRanges } from "./ranges.ts";

export interface PortBlock {
  readonly base: number;
  readonly length: number;
}

export interface HostBridgeResourceFacts {
  /** 0xff, less what expander bridges have. */
  readonly lastBus: number;
  /** Excluded from the 32-bit window. */
  readonly mmConfig?: Range;
  /** From the end of low RAM to the I/O APIC. The chipset computes it when it is reset: absent before the first reset. */
  readonly window32?: Range;
  readonly window64?: Range;
  /** What expander bridges decode instead. */
  readonly elsewhere?: {
    readonly io: readonly Range[];
    readonly memory32: readonly Range[];
    readonly memory64: readonly Range[];
  };
  /** The general-purpose event registers, where PMBASE has put them: at 0x20 while it is zero. */
  readonly gpe0: PortBlock;
  /** Registers of ACPI PCI hot-plug. */
  readonly pciHotplug?: PortBlock;
}

const CONFIG_PORTS: PortBlock = { base: 0xcf8, length: 8 };
const LOW_PORTS: Range = { first: 0, last: 0xcf7 };
const HIGH_PORTS: Range = { first: 0xd00, last: 0xffff };
const VGA_MEMORY: Range = { first: 0xa0000, last: 0xbffff };
/** Present, enabled and functioning, but not shown to users (ACPI 6.5 §6.3.7). */
const HIDDEN = 0x0b;

function reservation(name: string, uid: string, { base, length }: PortBlock): AmlNode {
  return Device(
    name,
    Name("_HID", Text("PNP0A06")),
    Name("_UID", Text(uid)),
    Name("_STA", HIDDEN),
    Name("_CRS", ResourceTemplate(IO(base, length))),
  );
}

export function hostBridgeResources(facts: HostBridgeResourceFacts): readonly AmlNode[] {
  const { mmConfig, window32, window64, elsewhere, pciHotplug } = facts;
  const taken32 = [...(elsewhere?.memory32 ?? []), ...(mmConfig ? [mmConfig] : [])];
  const windows32 = window32 ? withoutRanges(window32, taken32) : [];
  const windows64 = window64 ? withoutRanges(window64, elsewhere?.memory64 ?? []) : [];
  const template = ResourceTemplate(
    WordBusNumber({ first: 0, last: facts.lastBus }),
    IO(CONFIG_PORTS.base, CONFIG_PORTS.length),
    WordIO(LOW_PORTS),
    ...withoutRanges(HIGH_PORTS, elsewhere?.io ?? []).map(WordIO),
    DWordMemory({ cacheable: true, writable: true }, VGA_MEMORY),
    ...windows32.map((range) => DWordMemory({ writable: true }, range)),
    ...windows64.map((range) => QWordMemory({ cacheable: true, writable: true }, range)),
  );
  return [
    Scope(
      "\\_SB.PCI0",
      Name("_CRS", template),
      reservation("GPE0", "GPE0 resources", facts.gpe0),
      ...(pciHotplug ? [reservation("PHPR", "PCI Hotplug resources", pciHotplug)] : []),
    ),
  ];
}

const GIB = 0x40000000;
const FOUR_GIB = 4 * GIB;

export interface Window64Facts {
  /** Memory ranges of enabled 64-bit BARs and prefetchable windows on the root bus, as programmed. */
  readonly programmed: readonly Range[];
  /** The first address behind RAM and the memory devices' area. */
  readonly floor: number;
  /** At least this much is offered. */
  readonly size: number;
}

/** The 64-bit window: from the lowest programmed range above 4 GiB, or else from the first free GiB. */
export function pciWindow64({ programmed, floor, size }: Window64Facts): Range {
  const high = programmed
    .map(({ first, last }) => ({ first: Math.max(first, FOUR_GIB), last }))
    .filter(({ first, last }) => last >= first);
  const used = hull(high);
  const first = used?.first ?? Math.ceil(floor / GIB) * GIB;
  const offered = Math.ceil((first + size) / GIB) * GIB - 1;
  return { first, last: Math.max(offered, used?.last ?? 0) };
}
