import { hostFaultsOption } from "backplane";
import * as v from "valibot";

export const memoryBackendOptions = v.strictObject({
  /** Calls of the host that are to fail: `[{ call: mmap, nth: 1, errno: ENOMEM }]`. */
  faults: hostFaultsOption,
});
export type MemoryBackendOptions = v.InferOutput<typeof memoryBackendOptions>;
