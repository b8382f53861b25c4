import type { DeviceSection, StateDescription } from "backplane";
import type { VmgenidState } from "./state.ts";

const description: StateDescription<VmgenidState> = {
  name: "vmgenid",
  version: 1,
  fields: [
    {
      kind: "array",
      name: "vmgenid_addr_le",
      type: "uint8",
      length: 8,
      get: ({ address }, index) => address[index] ?? 0,
      set: ({ address }, index, value) => {
        address[index] = Number(value);
      },
    },
  ],
};

/** Where the guest has its GUID. The GUID itself is each machine's own. */
export function vmgenidSection(state: VmgenidState): DeviceSection<VmgenidState> {
  return { kind: "device", idstr: description.name, version: description.version, description, state };
}
