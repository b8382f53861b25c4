import { q, type ObjectType, type Property, type Schema, type StructSchema, type UnionSchema } from "backplane";

const backend = {
  "dump?": q.bool,
  "host-nodes?": q.array(q.uint(16)),
  "merge?": q.bool,
  "policy?": q.enum("HostMemPolicy", ["default", "preferred", "bind", "interleave"]),
  "prealloc?": q.bool,
  "prealloc-threads?": q.uint(32),
  "prealloc-context?": q.str,
  "share?": q.bool,
  "reserve?": q.bool,
  size: q.size,
  "x-use-canonical-path-for-ramblock-id?": q.bool,
};
const encrypted = {
  "sev-device?": q.str,
  "cbitpos?": q.uint(32),
  "reduced-phys-bits": q.uint(32),
  "kernel-hashes?": q.bool,
};
const deprecated = { deprecated: ["opened"] };

/** Of several faults the first member's is told, so the order counts; it is not that of help, which sorts by name. */
const KNOWN: { readonly [type: string]: StructSchema } = {
  "memory-backend-file": q.struct("MemoryBackendFileProperties", {
    ...backend,
    "align?": q.size,
    "offset?": q.size,
    "discard-data?": q.bool,
    "mem-path": q.str,
    "pmem?": q.bool,
    "readonly?": q.bool,
    "rom?": q.enum("OnOffAuto", ["auto", "on", "off"]),
  }),
  "memory-backend-memfd": q.struct("MemoryBackendMemfdProperties", {
    ...backend,
    "hugetlb?": q.bool,
    "hugetlbsize?": q.size,
    "seal?": q.bool,
  }),
  "memory-backend-ram": q.struct("MemoryBackendProperties", backend),
  "memory-backend-shm": q.struct("MemoryBackendShmProperties", backend),
  "rng-builtin": q.struct("RngProperties", { "opened?": q.bool }, deprecated),
  "rng-random": q.struct("RngRandomProperties", { "opened?": q.bool, "filename?": q.str }, deprecated),
  "sev-guest": q.struct("SevGuestProperties", {
    ...encrypted,
    "dh-cert-file?": q.str,
    "session-file?": q.str,
    "policy?": q.uint(32),
    "handle?": q.uint(32),
    "legacy-vm-type?": q.enum("OnOffAuto", ["auto", "on", "off"]),
  }),
  "sev-snp-guest": q.struct("SevSnpGuestProperties", {
    ...encrypted,
    "policy?": q.uint(64),
    "guest-visible-workarounds?": q.str,
    "id-block?": q.str,
    "id-auth?": q.str,
    "author-key-enabled?": q.bool,
    "host-data?": q.str,
    "vcek-disabled?": q.bool,
  }),
  "thread-context": q.struct("ThreadContextProperties", {
    "cpu-affinity?": q.array(q.uint(16)),
    "node-affinity?": q.array(q.uint(16)),
  }),
};

/** The arguments of `object-add`: a union over the types that the machine's plugins register. */
export function objectOptions(types: readonly ObjectType[]): UnionSchema {
  const sorted = types.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return q.union(
    "ObjectOptions",
    "qom-type",
    {
      "qom-type": q.enum(
        "ObjectType",
        sorted.map(({ name }) => name),
      ),
      id: q.str,
    },
    Object.fromEntries(sorted.map((type) => [type.name, KNOWN[type.name] ?? derived(type)])),
  );
}

/** What the properties of a type that is not of the peer's say of themselves. */
function derived({ name, properties }: ObjectType): StructSchema {
  const members = Object.entries(properties).map(([property, declared]) => [
    property,
    { schema: schemaOf(declared), optional: declared.required !== true },
  ]);
  return { kind: "struct", name: `${name}-properties`, members: Object.fromEntries(members) };
}

const WIDTHS = { "8": 8, "16": 16, "32": 32, "64": 64 } as const;

function schemaOf({ type }: Property<unknown>): Schema {
  const bits = /^(u?)int(8|16|32|64)$/.exec(type);
  const width = WIDTHS[(bits?.[2] ?? "64") as keyof typeof WIDTHS];
  if (bits !== null) return bits[1] === "u" ? q.uint(width) : q.signed(width);
  if (type === "bool") return q.bool;
  if (type === "size") return q.size;
  return type === "str" || type.startsWith("link<") ? q.str : q.any;
}
