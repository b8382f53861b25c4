// What a migration carries of a bus behind a bridge, by the peer's names: how often each line is asserted is counted on the
// root bus only, so there is nothing but the number of lines, which is none.
import type { StateDescription } from "backplane";

const LINES = 0;

export const SECONDARY_BUS: StateDescription<object> = {
  name: "PCIBUS",
  version: 1,
  fields: [
    {
      kind: "scalar",
      name: "nirq",
      type: "int32",
      described: "int32 equal",
      check: (_state, value) => (value === LINES ? undefined : `${LINES} != ${Number(value).toString(16)}`),
      get: () => LINES,
      set: () => undefined,
    },
  ],
};
