// What a migration carries of a bridge, by the peer's names.
import type { StateDescription } from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import type { BridgeState } from "../carry-bridge.ts";
import { REGISTERS_LENGTH } from "../shpc.ts";

export function bridgeState(name: string, hasSlots: boolean): StateDescription<BridgeState> {
  return {
    name,
    version: 0,
    fields: [
      pciDeviceField("parent_obj", (state) => state.pci),
      ...(hasSlots
        ? [
            {
              kind: "buffer" as const,
              name: "shpc",
              size: REGISTERS_LENGTH,
              described: "shpc",
              bytes: ({ slots }: BridgeState) => slots,
            },
          ]
        : []),
    ],
  };
}
