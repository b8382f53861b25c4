// What a migration carries of the option ROM for task priority accesses, by the peer's names. The ROM's own state is
// carried as it is: only a processor changes it.
import { fieldsOf, type StateDescription, type StateField } from "backplane";
import type { GuestInterfaceState } from "../guest-interface.ts";

const state = fieldsOf<GuestInterfaceState>();
const ROM_SIGNATURE = 8;

type Rom = GuestInterfaceState["rom"];

/** Words of the ROM's state from a place on; they lie there in the guest's order. */
function words(name: string, at: number, count = 1): StateField<Rom> {
  const view = (rom: Rom): DataView => new DataView(rom.buffer, rom.byteOffset, rom.byteLength);
  const get = (rom: Rom, index: number): number => view(rom).getUint32(at + 4 * index, true);
  const set = (rom: Rom, index: number, value: number): void => view(rom).setUint32(at + 4 * index, value, true);
  return count === 1
    ? {
        kind: "scalar",
        name,
        type: "uint32",
        get: (rom) => get(rom, 0),
        set: (rom, value) => set(rom, 0, Number(value)),
      }
    : {
        kind: "array",
        name,
        type: "uint32",
        length: count,
        get,
        set: (rom, index, value) => set(rom, index, Number(value)),
      };
}

const HANDLERS = 44;
const handlers = (at: number): StateDescription<Rom> => ({
  name: "kvmvapic-handlers",
  version: 1,
  fields: [
    words("set_tpr", at),
    words("set_tpr_eax", at + 4),
    words("get_tpr", at + 8, 8),
    words("get_tpr_stack", at + 40),
  ],
});

const FIRST = 36;
const ROM: StateDescription<Rom> = {
  name: "kvmvapic-guest-rom",
  version: 1,
  fields: [
    { kind: "unused", size: ROM_SIGNATURE },
    words("vaddr", 8),
    words("fixup_start", 12),
    words("fixup_end", 16),
    words("vapic_vaddr", 20),
    words("vapic_size", 24),
    words("vcpu_shift", 28),
    words("real_tpr_addr", 32),
    { kind: "struct", name: "up", description: handlers(FIRST), of: (rom) => rom },
    {
      kind: "struct",
      name: "mp",
      description: handlers(FIRST + HANDLERS),
      of: (rom) => rom,
    },
  ],
};

export const GUEST_INTERFACE: StateDescription<GuestInterfaceState> = {
  name: "kvm-tpr-opt",
  version: 1,
  fields: [
    { kind: "struct", name: "rom_state", description: ROM, of: ({ rom }) => rom },
    state.u32("state", "isActive"),
    state.u32("real_tpr_addr", "taskPriorityAddress"),
    state.u32("rom_state_vaddr", "romVirtual"),
    state.u32("vapic_paddr", "page"),
    state.u32("rom_state_paddr", "stateAddress"),
  ],
};
