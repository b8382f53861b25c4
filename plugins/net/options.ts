import * as v from "valibot";

export const netOptions = v.strictObject({
  /** Ports of hub 0, for as many cards: `hub0port0`, … */
  hubPorts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64)), 0),
});

export type NetOptions = v.InferOutput<typeof netOptions>;
