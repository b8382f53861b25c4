// What a migration carries of the firmware's configuration interface, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { FwCfgState } from "../device.ts";

const fwCfg = fieldsOf<FwCfgState>();

export const FW_CFG_STATE: StateDescription<FwCfgState> = {
  name: "fw_cfg",
  version: 2,
  minimumVersion: 2,
  fields: [fwCfg.u16("cur_entry", "selected"), fwCfg.u32("cur_offset[1]", "offset")],
  subsections: [
    { name: "fw_cfg/dma", version: 0, isNeeded: () => true, fields: [fwCfg.u64("dma_addr", "dmaAddress")] },
    {
      name: "fw_cfg/acpi_mr",
      version: 1,
      isNeeded: () => true,
      fields: [
        fwCfg.u64("table_mr_size", "tables"),
        fwCfg.u64("linker_mr_size", "loader"),
        fwCfg.u64("rsdp_mr_size", "rsdp"),
      ],
    },
  ],
};
