// Memory backends over QMP: what each kind takes, shows, lets change and refuses.
import type { Json } from "../golden.ts";
import { afterNegotiation, hmp, run, type QmpCase, type QmpStep } from "./qmp-case.ts";

const SIZE = 1048576;
const KINDS = ["ram", "memfd", "shm"] as const;

const add = (kind: string, more: { readonly [name: string]: Json } = {}): QmpStep =>
  run("object-add", { "qom-type": `memory-backend-${kind}`, id: "a", size: SIZE, ...more });
const remove = run("object-del", { id: "a" });
const set = (property: string, value: Json): QmpStep => run("qom-set", { path: "/objects/a", property, value });
const get = (property: string): QmpStep => run("qom-get", { path: "/objects/a", property });

const COMMON = "merge dump prealloc prealloc-threads prealloc-context share reserve size policy host-nodes";
const NAMES = `${COMMON} x-use-canonical-path-for-ramblock-id hugetlb hugetlbsize seal type`.split(" ");

const CHANGES: readonly (readonly [string, Json])[] = [
  ["merge", false],
  ["dump", false],
  ["prealloc", true],
  ["prealloc", false],
  ["prealloc-threads", 3],
  ["prealloc-threads", 0],
  ["prealloc-context", "nosuch"],
  ["prealloc-context", ""],
  ["share", true],
  ["reserve", false],
  ["size", 4096],
  ["size", "big"],
  ["policy", "bind"],
  ["policy", "foo"],
  ["host-nodes", [0]],
  ["host-nodes", [200]],
  ["host-nodes", [3]],
  ["x-use-canonical-path-for-ramblock-id", true],
  ["hugetlb", true],
  ["hugetlbsize", 2097152],
  ["seal", false],
  ["seal", "x"],
];

const REFUSED: readonly (readonly [string, { readonly [name: string]: Json }])[] = [
  ["ram", { policy: "bind" }],
  ["ram", { "host-nodes": [0] }],
  ["ram", { policy: "bind", "host-nodes": [] }],
  ["ram", { policy: "bind", "host-nodes": [127] }],
  ["ram", { policy: "preferred", "host-nodes": [127] }],
  ["ram", { policy: "interleave", "host-nodes": [128] }],
  ["ram", { policy: "bind", "host-nodes": [65536] }],
  ["ram", { policy: "bind", "host-nodes": ["0"] }],
  ["ram", { policy: "bind", "host-nodes": 0 }],
  ["ram", { policy: "foo" }],
  ["ram", { prealloc: true, reserve: false }],
  ["ram", { "prealloc-threads": 0 }],
  ["ram", { "prealloc-threads": 4294967296 }],
  ["ram", { "prealloc-context": "nosuch" }],
  ["ram", { size: 0 }],
  ["ram", { seal: true }],
  ["memfd", { size: 5000 }],
  ["memfd", { hugetlbsize: 0 }],
  ["memfd", { hugetlbsize: 3145728 }],
  ["memfd", { hugetlb: true, hugetlbsize: 1048576 }],
  ["shm", { share: false }],
  ["shm", { size: 5000 }],
  ["shm", { hugetlb: true }],
  ["file", {}],
];

const TAKEN: readonly (readonly [string, { readonly [name: string]: Json }])[] = [
  ["ram", { policy: "bind", "host-nodes": [0], prealloc: true }],
  ["ram", { policy: "preferred", "host-nodes": [0, 1], share: true }],
  ["ram", { policy: "interleave", "host-nodes": [0], merge: false, dump: false }],
  ["ram", { reserve: false }],
  ["memfd", { seal: false, prealloc: true, policy: "bind", "host-nodes": [0] }],
  ["memfd", { share: false, reserve: false }],
  ["shm", { prealloc: true, merge: false, dump: false }],
];

export const memoryQmpCases: readonly QmpCase[] = [
  ...KINDS.map((kind) =>
    afterNegotiation(
      `backend-${kind}`,
      add(kind),
      ...NAMES.map(get),
      ...CHANGES.flatMap(([name, value]) => [set(name, value), get(name)]),
      run("query-memdev"),
      hmp("info memdev"),
      run("qom-list", { path: "/objects/a" }),
      run("qom-list-properties", { typename: `memory-backend-${kind}` }),
      remove,
      remove,
      run("query-memdev"),
    ),
  ),
  afterNegotiation(
    "backend-refusals",
    // Each with a name of its own: the peer keeps the descriptor of a memfd that it refused, and takes it for the next.
    ...REFUSED.flatMap(([kind, more], at) => [add(kind, { id: `r${at}`, ...more }), run("query-memdev")]),
    ...TAKEN.flatMap(([kind, more]) => [add(kind, more), run("query-memdev"), hmp("info memdev"), remove]),
  ),
];
