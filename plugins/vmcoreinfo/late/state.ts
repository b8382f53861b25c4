// What a migration carries of the note's place, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { VmcoreinfoState } from "../file.ts";

const note = fieldsOf<VmcoreinfoState>();

export const VMCOREINFO_STATE: StateDescription<VmcoreinfoState> = {
  name: "vmcoreinfo",
  version: 1,
  fields: [
    note.bool("has_vmcoreinfo", "isComplete"),
    note.u16("vmcoreinfo.host_format", "hostFormat"),
    note.u16("vmcoreinfo.guest_format", "guestFormat"),
    note.u32("vmcoreinfo.size", "size"),
    note.u64("vmcoreinfo.paddr", "address"),
  ],
};
