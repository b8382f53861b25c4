// What a migration carries of a root port, by the peer's names.
import { fieldsOf, structField, type StateDescription } from "backplane";
import { msixField, pciDeviceField } from "backplane/plugins/pci/contract";
import type { PortState } from "../express-root-port.ts";

const PORT = "parent_obj.parent_obj.parent_obj";

/** Nothing fills the log: no device here sends error messages. */
const ERROR_LOG: StateDescription<PortState> = {
  name: "PCIE_AER_ERROR_LOG",
  version: 1,
  fields: [
    fieldsOf<PortState>().u16("log_num", "logged"),
    {
      kind: "scalar",
      name: "log_max",
      type: "uint16",
      described: "uint16 equal",
      check: ({ logSize }, value) =>
        value === logSize ? undefined : `${logSize.toString(16)} != ${Number(value).toString(16)}`,
      get: ({ logSize }) => logSize,
      set: () => undefined,
    },
  ],
};

export function portState(name: string, hasVectors: boolean): StateDescription<PortState> {
  return {
    name,
    version: 1,
    fields: [
      pciDeviceField(PORT, (state) => state.pci),
      structField(`${PORT}.exp.aer_log`, ERROR_LOG, (state: PortState) => state),
      ...(hasVectors ? [msixField<PortState>(`${PORT}.parent_obj`, 1, (state) => state.vectors)] : []),
    ],
  };
}
