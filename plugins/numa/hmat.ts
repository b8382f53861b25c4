// Heterogeneous Memory Attribute Table: ACPI 6.3 §5.2.27.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";

export interface HmatNode {
  /** The node has main RAM. A target without memory makes Linux reject the whole table. */
  readonly hasMemory: boolean;
  /** The node has processors or a generic initiator, so that latencies are stated from it. */
  readonly isInitiator: boolean;
  /** The initiator that is nearest to the node's memory. */
  readonly nearestInitiator?: number;
}

export const HMAT_HIERARCHIES = ["memory", "first-level", "second-level", "third-level"] as const;
export type HmatHierarchy = (typeof HMAT_HIERARCHIES)[number];

export const HMAT_DATA_TYPES = [
  "access-latency",
  "read-latency",
  "write-latency",
  "access-bandwidth",
  "read-bandwidth",
  "write-bandwidth",
] as const;
export type HmatDataType = (typeof HMAT_DATA_TYPES)[number];

/** All values given for one hierarchy and one type of data: nanoseconds for latencies, bytes a second for bandwidths. */
export interface HmatLocality {
  readonly hierarchy: HmatHierarchy;
  readonly dataType: HmatDataType;
  readonly values: readonly { readonly initiator: number; readonly target: number; readonly value: number }[];
}

export const HMAT_ASSOCIATIVITIES = ["none", "direct", "complex"] as const;
export const HMAT_WRITE_POLICIES = ["none", "write-back", "write-through"] as const;

/** A cache in front of a node's memory. */
export interface HmatCache {
  readonly node: number;
  readonly size: number;
  /** 1, 2 or 3. */
  readonly level: number;
  readonly associativity: (typeof HMAT_ASSOCIATIVITIES)[number];
  readonly policy: (typeof HMAT_WRITE_POLICIES)[number];
  readonly lineSize: number;
}

export interface HmatFacts {
  readonly nodes: readonly HmatNode[];
  readonly localities: readonly HmatLocality[];
  readonly caches: readonly HmatCache[];
}

const TYPES = { proximityAttributes: 0, locality: 1, memorySideCache: 2 } as const;
const INITIATOR_VALID = 1;
/** What the peer writes when a node has no initiator: one past the last possible node. */
const NO_INITIATOR = 128;
const PICOSECONDS_PER_NANOSECOND = 1000;
const MIB = 1024 * 1024;
const FIRST_BANDWIDTH = HMAT_DATA_TYPES.indexOf("access-bandwidth");

/** §5.2.27.3: which initiator a memory is attached to. */
function writeProximityAttributes(writer: TableWriter, memoryNode: number, nearest: number | undefined): void {
  writer.u16(TYPES.proximityAttributes).u16(0).u32(40);
  writer.u16(nearest === undefined ? 0 : INITIATOR_VALID).u16(0);
  writer
    .u32(nearest ?? NO_INITIATOR)
    .u32(memoryNode)
    .zeros(20);
}

function largestPower(base: number, value: number): number {
  let power = 1;
  while (value % (power * base) === 0) power *= base;
  return power;
}

/**
 * The unit that keeps 16-bit entries exact: the largest power of ten (of latencies) or of two (of bandwidths) that
 * divides every value. Zero means "unreachable" and has no say.
 */
function commonUnit(values: readonly number[], base: 2 | 10): number | undefined {
  const units = values.filter((value) => value !== 0).map((value) => largestPower(base, value));
  return units.length === 0 ? undefined : Math.min(...units);
}

/** The field "Entry Base Unit": picoseconds or megabytes a second. */
function baseUnit(unit: number | undefined, isBandwidth: boolean): number {
  if (isBandwidth) return Math.floor((unit ?? 1) / MIB);
  // Without any latency the peer's unit is the largest 64-bit number; of its picoseconds 32 bits remain.
  return unit === undefined
    ? 0x1_0000_0000 - PICOSECONDS_PER_NANOSECOND
    : (unit * PICOSECONDS_PER_NANOSECOND) % 0x1_0000_0000;
}

/** §5.2.27.4: a matrix of latencies or bandwidths, initiators by targets, zero where none is given. */
function writeLocality(
  writer: TableWriter,
  locality: HmatLocality,
  initiators: readonly number[],
  targets: number,
): void {
  const dataType = HMAT_DATA_TYPES.indexOf(locality.dataType);
  const length = 32 + 4 * initiators.length + 4 * targets + 2 * initiators.length * targets;
  writer.u16(TYPES.locality).u16(0).u32(length);
  writer.u8(HMAT_HIERARCHIES.indexOf(locality.hierarchy)).u8(dataType).u16(0);
  writer.u32(initiators.length).u32(targets).u32(0);
  const isBandwidth = dataType >= FIRST_BANDWIDTH;
  const unit = commonUnit(
    locality.values.map(({ value }) => value),
    isBandwidth ? 2 : 10,
  );
  writer.u64(baseUnit(unit, isBandwidth));
  for (const initiator of initiators) writer.u32(initiator);
  for (let target = 0; target < targets; target++) writer.u32(target);
  const matrix = new Map(locality.values.map(({ initiator, target, value }) => [`${initiator},${target}`, value]));
  for (const initiator of initiators) {
    for (let target = 0; target < targets; target++) {
      writer.u16((matrix.get(`${initiator},${target}`) ?? 0) / (unit ?? 1));
    }
  }
}

/** §5.2.27.5, without SMBIOS handles. */
function writeCache(writer: TableWriter, cache: HmatCache, levels: number): void {
  const associativity = HMAT_ASSOCIATIVITIES.indexOf(cache.associativity);
  const policy = HMAT_WRITE_POLICIES.indexOf(cache.policy);
  writer.u16(TYPES.memorySideCache).u16(0).u32(32).u32(cache.node).u32(0).u64(cache.size);
  writer
    .u8(levels | (cache.level << 4))
    .u8(associativity | (policy << 4))
    .u16(cache.lineSize);
  writer.u16(0).u16(0);
}

function rank(locality: HmatLocality): number {
  const hierarchy = HMAT_HIERARCHIES.indexOf(locality.hierarchy);
  return hierarchy * HMAT_DATA_TYPES.length + HMAT_DATA_TYPES.indexOf(locality.dataType);
}

export function buildHmat(oem: OemIds, facts: HmatFacts): TableImage {
  const writer = new TableWriter().u32(0);
  for (const [node, { hasMemory, nearestInitiator }] of facts.nodes.entries()) {
    if (hasMemory) writeProximityAttributes(writer, node, nearestInitiator);
  }
  const initiators = [...facts.nodes.keys()].filter((node) => facts.nodes[node]?.isInitiator);
  for (const locality of [...facts.localities].sort((left, right) => rank(left) - rank(right))) {
    if (locality.values.length > 0) writeLocality(writer, locality, initiators, facts.nodes.length);
  }
  for (const node of facts.nodes.keys()) {
    const caches = facts.caches.filter((cache) => cache.node === node).sort((left, right) => left.level - right.level);
    for (const cache of caches) writeCache(writer, cache, caches.length);
  }
  return { bytes: acpiTable({ signature: "HMAT", revision: 2, oem }, writer.finish()) };
}
