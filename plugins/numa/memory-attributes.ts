import { numaErrors } from "./errors.ts";
import { HMAT_DATA_TYPES, type HmatCache, type HmatLocality } from "./hmat.ts";
import type { CacheOption, LocalityOption } from "./option.ts";

const MIB = 1024 * 1024;
const LARGEST_LEVEL = 3;
/** All ones is "unreachable" (ACPI 6.3 table 5-146), so an entry stays below it. */
const ENTRY_LIMIT = 0xffff;
const FIRST_BANDWIDTH = HMAT_DATA_TYPES.indexOf("access-bandwidth");

type Kind = "latency" | "bandwidth";
type LocalityValue = HmatLocality["values"][number];

/** What is said of the nodes' memory for the HMAT: latencies, bandwidths and caches, checked as they come. */
export class MemoryAttributes {
  readonly #tables = new Map<string, HmatLocality & { readonly values: LocalityValue[] }>();
  readonly #caches: HmatCache[] = [];

  get localities(): readonly HmatLocality[] {
    return [...this.#tables.values()];
  }

  get caches(): readonly HmatCache[] {
    return this.#caches;
  }

  /** The nodes have been looked at already. */
  addLocality(option: LocalityOption): void {
    const { initiator, target, hierarchy, "data-type": dataType } = option;
    const kind = kindOf(dataType);
    const other = kind === "latency" ? "bandwidth" : "latency";
    const value = option[kind];
    if (value === undefined) throw numaErrors.HMAT_VALUE_MISSING(kind);
    if (option[other] !== undefined) throw numaErrors.HMAT_VALUE_EXTRA(other, kind);
    if (kind === "bandwidth" && value % MIB !== 0) throw numaErrors.HMAT_BANDWIDTH_UNALIGNED(value, initiator, target);
    const name = `${hierarchy}/${dataType}`;
    const table = this.#tables.get(name) ?? { hierarchy, dataType, values: [] };
    if (table.values.some((entry) => entry.initiator === initiator && entry.target === target)) {
      throw numaErrors.HMAT_VALUE_DUPLICATE(kind, initiator, target);
    }
    if (!fits([...table.values.map((entry) => entry.value), value], kind)) {
      throw kind === "latency"
        ? numaErrors.HMAT_LATENCY_RANGE(value, initiator, target)
        : numaErrors.HMAT_BANDWIDTH_RANGE(value, initiator, target);
    }
    this.#tables.set(name, table);
    table.values.push({ initiator, target, value });
  }

  addCache(option: CacheOption): void {
    const { "node-id": node, level, size, associativity, policy, line } = option;
    if (!this.#knows(node, "latency") || !this.#knows(node, "bandwidth")) throw numaErrors.HMAT_CACHE_EARLY(node);
    if (level < 1 || level > LARGEST_LEVEL) throw numaErrors.HMAT_CACHE_LEVEL(level);
    if (this.#cache(node, level) !== undefined) throw numaErrors.HMAT_CACHE_DUPLICATE(node, level);
    if (level > 1) {
      const before = this.#cache(node, level - 1);
      if (before === undefined) throw numaErrors.HMAT_CACHE_ORDER(level - 1);
      if (size <= before.size) throw numaErrors.HMAT_CACHE_SIZE(size, level, before.size);
    }
    this.#caches.push({ node, size, level, associativity, policy, lineSize: line });
  }

  #cache(node: number, level: number): HmatCache | undefined {
    return this.#caches.find((cache) => cache.node === node && cache.level === level);
  }

  /** Zero says nothing. */
  #knows(target: number, kind: Kind): boolean {
    return this.localities.some(
      ({ dataType, values }) =>
        kindOf(dataType) === kind && values.some((entry) => entry.target === target && entry.value > 0),
    );
  }
}

function kindOf(dataType: LocalityOption["data-type"]): Kind {
  return HMAT_DATA_TYPES.indexOf(dataType) < FIRST_BANDWIDTH ? "latency" : "bandwidth";
}

/** Whether all values fit 16 bits in the largest unit, a power of ten or of two, that keeps them exact. */
function fits(values: readonly number[], kind: Kind): boolean {
  const base = kind === "latency" ? 10 : 2;
  const given = values.filter((value) => value > 0);
  let unit = 1;
  while (given.length > 0 && given.every((value) => value % (unit * base) === 0)) unit *= base;
  return given.every((value) => value / unit < ENTRY_LIMIT);
}
