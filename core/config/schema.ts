import * as v from "valibot";
import { guestAccessSchema } from "./guest-access.ts";

/** What a value of a property may be in a file. */
const optionValue: v.GenericSchema = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(optionValue), v.record(v.string(), optionValue)]),
);
const size = v.union([
  v.pipe(v.number(), v.integer("a whole number of bytes, or text such as 256M"), v.minValue(0)),
  v.string(),
]);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const topology = {
  cpus: v.optional(count),
  maxcpus: v.optional(count),
  sockets: v.optional(count),
  dies: v.optional(count),
  modules: v.optional(count),
  cores: v.optional(count),
  threads: v.optional(count),
};

/** A step of a scenario: exactly one of the keys that name what it does. */
export const stepSchema = v.union([
  v.strictObject({ qmp: v.string(), arguments: v.optional(v.record(v.string(), optionValue)) }),
  v.strictObject({ snapshot: v.string() }),
  /** What the guest does: a processor stores, to memory or to an I/O port. */
  v.strictObject({ guest: v.strictObject({ write: guestAccessSchema }) }),
  v.strictObject({
    wait: v.union([
      v.literal("guest-halted"),
      v.strictObject({ migration: v.string() }),
      v.strictObject({ transferred: size }),
    ]),
  }),
  v.strictObject({
    expect: v.strictObject({
      migration: v.optional(v.strictObject({ status: v.string(), "error-desc": v.optional(v.string()) })),
      ramblock: v.optional(v.strictObject({ name: v.string(), used: size })),
      notified: v.optional(
        v.strictObject({
          kind: v.picklist(["added", "resized", "idstr", "migratable", "removed"]),
          block: v.string(),
          from: v.optional(v.union([size])),
          to: v.optional(v.union([size])),
        }),
      ),
      "run-state": v.optional(v.string()),
      /** What a processor of the guest reads. */
      guest: v.optional(guestAccessSchema),
      /** What a command answers: at least `has`, or the error. */
      reply: v.optional(
        v.strictObject({
          qmp: v.string(),
          arguments: v.optional(v.record(v.string(), optionValue)),
          has: v.optional(optionValue),
          error: v.optional(v.string()),
        }),
      ),
    }),
  }),
]);
export const STEP_KEYS = ["qmp", "guest", "snapshot", "wait", "expect"] as const;
export type ScenarioStep = v.InferOutput<typeof stepSchema>;

/** A definition as it stands in a file. Every further key is a plugin's id, with that plugin's options. */
export const fileSchema = v.looseObject({
  extends: v.optional(v.union([v.string(), v.array(v.string())])),
  name: v.optional(v.string()),
  description: v.optional(v.string()),
  machine: v.optional(v.union([v.string(), v.objectWithRest({ type: v.optional(v.string()) }, optionValue)])),
  memory: v.optional(
    v.union([size, v.strictObject({ size: v.optional(size), slots: v.optional(count), max: v.optional(size) })]),
  ),
  cpu: v.optional(v.union([v.string(), v.strictObject({ model: v.optional(v.string()), ...topology })])),
  plugins: v.optional(v.array(v.string())),
  objects: v.optional(v.array(v.objectWithRest({ type: v.string(), id: v.string() }, optionValue))),
  devices: v.optional(
    v.array(
      v.union([
        v.string(),
        v.objectWithRest({ driver: v.string(), id: v.optional(v.string()), bus: v.optional(v.string()) }, optionValue),
      ]),
    ),
  ),
  paused: v.optional(v.boolean()),
  scenario: v.optional(v.array(stepSchema)),
});
export type FileDefinition = v.InferOutput<typeof fileSchema>;

export const FILE_KEYS: readonly string[] = Object.keys(fileSchema.entries);
