import { hostFaultsOption } from "backplane";
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

export const blockRAMRegistrarOptions = v.optional(
  v.strictObject({
    limit: v.optional(
      v.strictObject({
        /** Slots of a ring's table. */
        buffers: v.optional(v.pipe(count, v.maxValue(16384)), 16384),
        /** Bytes that all rings may lock together (RLIMIT_MEMLOCK); absent: any number. */
        bytes: v.exactOptional(count),
      }),
      {},
    ),
    faults: hostFaultsOption,
  }),
  {},
);
export type BlockRAMRegistrarOptions = v.InferOutput<typeof blockRAMRegistrarOptions>;
