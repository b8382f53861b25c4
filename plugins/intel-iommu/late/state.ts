// What a migration carries of the unit, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import { REGISTERS_LENGTH } from "../register-file.ts";
import type { UnitState } from "../unit-state.ts";

const unit = fieldsOf<UnitState>();

export const IOMMU_STATE: StateDescription<UnitState> = {
  name: "iommu-intel",
  version: 1,
  fields: [
    unit.u64("root", "rootTable"),
    unit.u64("intr_root", "remappingTable"),
    unit.u64("iq", "queue"),
    unit.u32("intr_size", "remappingEntries"),
    unit.u16("iq_head", "queueHead"),
    unit.u16("iq_tail", "queueTail"),
    unit.u16("iq_size", "queueLength"),
    unit.u16("next_frcd_reg", "nextFaultRecord"),
    unit.array("csr", "uint8", "registers", REGISTERS_LENGTH),
    unit.u8("iq_last_desc_type", "lastDescriptor"),
    unit.unused(1),
    unit.bool("dmar_enabled", "isTranslating"),
    unit.bool("qi_enabled", "isQueueing"),
    unit.bool("intr_enabled", "isRemapping"),
    unit.bool("intr_eime", "isExtended"),
  ],
};
