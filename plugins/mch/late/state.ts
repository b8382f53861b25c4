// What a migration carries of the host bridge: the peer's sections `mch`, `PCIHost` and `PCIBUS`.
import { fieldsOf, type StateDescription } from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import type { BridgeState } from "../bridge.ts";
import type { BusState, HostState } from "../host.ts";

const bridge = fieldsOf<BridgeState>();
const host = fieldsOf<HostState>();
const bus = fieldsOf<BusState>();

export const MCH: StateDescription<BridgeState> = {
  name: "mch",
  version: 1,
  fields: [pciDeviceField("parent_obj", (state) => state.pci), bridge.unused(1)],
};

export const PCI_HOST: StateDescription<HostState> = {
  name: "PCIHost",
  version: 1,
  fields: [host.u32("config_reg", "address")],
};

export const PCI_BUS: StateDescription<BusState> = {
  name: "PCIBUS",
  version: 1,
  fields: [
    {
      kind: "scalar",
      name: "nirq",
      type: "int32",
      described: "int32 equal",
      check: ({ lines }, value) =>
        value === lines ? undefined : `${lines.toString(16)} != ${Number(value).toString(16)}`,
      get: ({ lines }) => lines,
      set: () => undefined,
    },
    bus.array("irq_count", "int32", "counts", 8),
  ],
};
