import * as v from "valibot";
import { HMAT_ASSOCIATIVITIES, HMAT_DATA_TYPES, HMAT_HIERARCHIES, HMAT_WRITE_POLICIES } from "./hmat.ts";
import { NOTIFIER_POLICY_NAMES } from "./notifier-policy.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const size = v.union([count, v.string()]);
const cpu = v.union([count, v.string()]);

const node = v.strictObject({
  /** One more than the last by default. */
  nodeid: v.exactOptional(count),
  /** Processors by index: a number, a range `0-3`, or a list of both. */
  cpus: v.exactOptional(v.union([cpu, v.array(cpu)])),
  memdev: v.exactOptional(v.string()),
  initiator: v.exactOptional(count),
});

const distance = v.strictObject({ src: count, dst: count, val: count });

/** Processors by their place in the topology: all those that match. */
const cpus = v.strictObject({
  "node-id": count,
  "socket-id": v.exactOptional(count),
  "die-id": v.exactOptional(count),
  "module-id": v.exactOptional(count),
  "core-id": v.exactOptional(count),
  "thread-id": v.exactOptional(count),
});

const locality = v.strictObject({
  initiator: count,
  target: count,
  hierarchy: v.picklist(HMAT_HIERARCHIES),
  "data-type": v.picklist(HMAT_DATA_TYPES),
  /** Nanoseconds. */
  latency: v.exactOptional(count),
  /** Bytes a second. */
  bandwidth: v.exactOptional(size),
});

const cache = v.strictObject({
  "node-id": count,
  size,
  level: count,
  associativity: v.picklist(HMAT_ASSOCIATIVITIES),
  policy: v.picklist(HMAT_WRITE_POLICIES),
  line: count,
});

/** An option as `-numa` gave it. */
const commandLine = v.strictObject({
  text: v.string(),
  pairs: v.array(v.strictObject({ key: v.string(), value: v.union([v.string(), v.number(), v.boolean()]) })),
});

export const numaOptions = v.strictObject({
  /**
   * What notifiers are told of RAM blocks. `series`: all five kinds. `qemu-10.0`: additions, resizes and removals, as the
   * peer's version 10.0.
   */
  notifiers: v.optional(v.picklist(NOTIFIER_POLICY_NAMES), "series"),
  nodes: v.optional(v.array(node), []),
  distances: v.optional(v.array(distance), []),
  cpus: v.optional(v.array(cpus), []),
  hmat: v.optional(
    v.strictObject({ localities: v.optional(v.array(locality), []), caches: v.optional(v.array(cache), []) }),
    {},
  ),
  commandLine: v.optional(v.array(commandLine), []),
});
export type NumaOptions = v.InferOutput<typeof numaOptions>;
