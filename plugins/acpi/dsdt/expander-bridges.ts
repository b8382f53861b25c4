// Root bridges beside the first one, each with buses, ports and memory of its own.
import {
  type AmlNode,
  DWordIO,
  DWordMemory,
  Device,
  EisaId,
  Method,
  Name,
  Package,
  QWordMemory,
  ResourceTemplate,
  Return,
  Scope,
  WordBusNumber,
  Zero,
} from "../aml/index.ts";
import { operatingSystemCapabilities } from "./host-bridge.ts";
import { type Range, joinAdjacent } from "./ranges.ts";

export interface ExpanderBridgeFacts {
  readonly bus: number;
  /** The highest bus behind it, as its bridges are programmed. */
  readonly lastBus: number;
  readonly uid: number;
  readonly express: boolean;
  readonly node?: number;
  /** BARs and bridge windows on its root bus that the firmware has placed; ranges at zero count as not placed. */
  readonly io: readonly Range[];
  readonly memory: readonly Range[];
}

const LINES = ["LNKD", "LNKA", "LNKB", "LNKC"] as const;
const SLOTS = 32;
const PINS = 4;

/** Each slot's pins begin one line further than those of the slot before. */
function routing(): AmlNode {
  const entries: AmlNode[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    for (let pin = 0; pin < PINS; pin++) {
      const line = LINES[(slot + pin) % LINES.length] ?? LINES[0];
      entries.push(Package([slot * 0x10000 + 0xffff, pin, line, Zero]));
    }
  }
  return Method("_PRT", 0, Return(Package(entries)));
}

const isHigh = ({ last }: Range): boolean => last > 0xffffffff;

/** What a bridge decodes, neighbours joined. */
export function expanderRanges(facts: ExpanderBridgeFacts): {
  readonly io: readonly Range[];
  readonly memory32: readonly Range[];
  readonly memory64: readonly Range[];
} {
  return {
    io: joinAdjacent(facts.io),
    memory32: joinAdjacent(facts.memory.filter((range) => !isHigh(range))),
    memory64: joinAdjacent(facts.memory.filter(isHigh)),
  };
}

function expanderBridge(facts: ExpanderBridgeFacts): AmlNode {
  const { io, memory32, memory64 } = expanderRanges(facts);
  const form = { writable: true };
  const identity = facts.express
    ? [Name("_HID", EisaId("PNP0A08")), Name("_CID", EisaId("PNP0A03")), operatingSystemCapabilities(true)]
    : [Name("_HID", EisaId("PNP0A03"))];
  const resources = ResourceTemplate(
    ...io.map(DWordIO),
    ...memory32.map((range) => DWordMemory(form, range)),
    ...memory64.map((range) => QWordMemory(form, range)),
    WordBusNumber({ first: facts.bus, last: facts.lastBus }),
  );
  return Device(
    `PC${facts.bus.toString(16).toUpperCase().padStart(2, "0")}`,
    Name("_UID", facts.uid),
    Name("_BBN", facts.bus),
    ...identity,
    ...(facts.node === undefined ? [] : [Name("_PXM", facts.node)]),
    routing(),
    Name("_CRS", resources),
  );
}

/** In the peer's order: the newest bridge first. */
export function expanderBridges(bridges: readonly ExpanderBridgeFacts[]): readonly AmlNode[] {
  return bridges.toReversed().map((bridge) => Scope("\\_SB", expanderBridge(bridge)));
}
