import * as v from "valibot";
import { HOST_ERRNOS } from "./errno-numbers.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/**
 * The key `faults` of a plugin with a modelled host: `[{ call: mapDma, nth: 3, errno: ENOSPC }]`. A valibot schema, to be
 * a part of the plugin's own.
 */
export const hostFaultsOption = v.optional(
  v.array(
    v.strictObject({
      call: v.string(),
      nth: v.optional(count, 1),
      times: v.optional(count),
      errno: v.picklist(HOST_ERRNOS),
    }),
  ),
  [],
);
