// What one -numa option says, and how its values are read.
import {
  machineErrors,
  parseObjectProperties,
  prop,
  type OptionValue,
  type OptionValues,
  type Property,
  type PropertyTable,
  type PropertyValues,
  type ValueForm,
} from "backplane";
import { HMAT_ASSOCIATIVITIES, HMAT_DATA_TYPES, HMAT_HIERARCHIES, HMAT_WRITE_POLICIES } from "./hmat.ts";

/** Most processors that one range may name. */
const LONGEST_RANGE = 0x1_0000;
/** The peer has no name for an element of a list. */
const ELEMENT = "null";

const uint64 = prop.unsigned(53, undefined);
const uint16 = prop.unsigned(16, undefined);
const coordinate = prop.signed(53, undefined);

/** Processors by index: numbers and ranges `3-5`, each occurrence an element. */
const cpuList = prop.custom<readonly number[]>({
  type: "uint16List",
  parse(value, name, owner, form) {
    const parts: readonly OptionValue[] = Array.isArray(value) ? (value as readonly OptionValue[]) : [value];
    return parts.flatMap((part) => cpuRange(part, name, owner, form));
  },
});

function cpuRange(value: OptionValue, name: string, owner: string, form: ValueForm | undefined): number[] {
  const refused = () => machineErrors.PROPERTY_VALUE(name, "a uint64 value or range");
  const number = (text: OptionValue): number => {
    try {
      return uint64.parse(text, name, owner, form) ?? 0;
    } catch {
      throw refused();
    }
  };
  const [from, to = from] =
    typeof value === "string" && /^[^-]+-[^-]/.test(value) ? value.split("-", 2).map(number) : [number(value)];
  if (from === undefined || to === undefined || to < from || to - from >= LONGEST_RANGE) throw refused();
  if (typeof value === "string" && value.split("-").length > 2) throw refused();
  return Array.from({ length: to - from + 1 }, (_, at) => uint16.parse(from + at, ELEMENT, owner, form) ?? 0);
}

function mandatory<T>(property: Property<T | undefined>): Property<T> {
  return prop.required(property as Property<T>);
}

function mandatoryChoice<const V extends string>(type: string, values: readonly V[]): Property<V> {
  return prop.required(prop.choice(type, values, values[0] as V));
}

// In the order in which the peer reads them, which is that of its complaints.
const TABLES = {
  node: {
    nodeid: uint16,
    cpus: cpuList,
    mem: prop.wideSize(undefined),
    memdev: prop.string(undefined),
    initiator: uint16,
  },
  dist: { src: mandatory(uint16), dst: mandatory(uint16), val: mandatory(prop.unsigned(8, undefined)) },
  cpu: {
    "node-id": coordinate,
    "drawer-id": coordinate,
    "book-id": coordinate,
    "socket-id": coordinate,
    "die-id": coordinate,
    "cluster-id": coordinate,
    "module-id": coordinate,
    "core-id": coordinate,
    "thread-id": coordinate,
  },
  "hmat-lb": {
    initiator: mandatory(uint16),
    target: mandatory(uint16),
    hierarchy: mandatoryChoice("HmatLBMemoryHierarchy", HMAT_HIERARCHIES),
    "data-type": mandatoryChoice("HmatLBDataType", HMAT_DATA_TYPES),
    latency: uint64,
    bandwidth: prop.size(undefined),
  },
  "hmat-cache": {
    "node-id": mandatory(prop.unsigned(32, undefined)),
    size: mandatory(prop.size(undefined)),
    level: mandatory(prop.unsigned(8, undefined)),
    associativity: mandatoryChoice("HmatCacheAssociativity", HMAT_ASSOCIATIVITIES),
    policy: mandatoryChoice("HmatCacheWritePolicy", HMAT_WRITE_POLICIES),
    line: mandatory(uint16),
  },
} satisfies Record<string, PropertyTable>;

export type NumaOptionType = keyof typeof TABLES;
export const NUMA_OPTION_TYPES = Object.keys(TABLES) as readonly NumaOptionType[];

export type NodeOption = PropertyValues<(typeof TABLES)["node"]>;
export type DistanceOption = PropertyValues<(typeof TABLES)["dist"]>;
export type CpuOption = PropertyValues<(typeof TABLES)["cpu"]>;
export type LocalityOption = PropertyValues<(typeof TABLES)["hmat-lb"]>;
export type CacheOption = PropertyValues<(typeof TABLES)["hmat-cache"]>;

export type NumaOption =
  | { readonly type: "node"; readonly values: NodeOption }
  | { readonly type: "dist"; readonly values: DistanceOption }
  | { readonly type: "cpu"; readonly values: CpuOption }
  | { readonly type: "hmat-lb"; readonly values: LocalityOption }
  | { readonly type: "hmat-cache"; readonly values: CacheOption };

const typeOf = mandatoryChoice("NumaOptionsType", NUMA_OPTION_TYPES);

/** Reads an option whose kind is known. Throws with the peer's texts. */
export function readNumaOption(type: NumaOptionType, values: OptionValues, form: ValueForm): NumaOption {
  return { type, values: parseObjectProperties(TABLES[type], values, type, form) } as NumaOption;
}

/** Reads `-numa TYPE,…`. Of a key that comes twice the last counts, except for `cpus`, where all do. */
export function readNumaPairs(pairs: readonly { readonly key: string; readonly value: OptionValue }[]): NumaOption {
  const { type, ...values } = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
  if (type === undefined) throw machineErrors.PROPERTY_MISSING("type");
  const cpus = pairs.filter(({ key }) => key === "cpus").map(({ value }) => value);
  return readNumaOption(
    typeOf.parse(type, "type", "numa", "opts"),
    cpus.length === 0 ? values : { ...values, cpus },
    "opts",
  );
}
