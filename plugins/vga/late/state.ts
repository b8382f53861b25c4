// What a migration carries of a display device, by the peer's names.
import { fieldsOf, structField, type StateDescription } from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import type { AdapterState, DisplayCardState } from "../display-card.ts";

const adapter = fieldsOf<AdapterState>();
/** The display interface is there. */
const DISPLAY_INTERFACE = 1;

const ADAPTER: StateDescription<AdapterState> = {
  name: "vga",
  version: 2,
  beforeLoad(state) {
    state.isBigEndian = false;
  },
  fields: [
    adapter.u32("latch", "latch"),
    adapter.u8("sr_index", "sequencerIndex"),
    adapter.bytes("sr", "sequencer", 8),
    adapter.u8("gr_index", "graphicsIndex"),
    adapter.bytes("gr", "graphics", 16),
    adapter.u8("ar_index", "attributeIndex"),
    adapter.bytes("ar", "attributes", 21),
    adapter.i32("ar_flip_flop", "takesAttribute"),
    adapter.u8("cr_index", "crtIndex"),
    adapter.bytes("cr", "crt", 256),
    adapter.u8("msr", "miscellaneous"),
    adapter.u8("fcr", "feature"),
    // The first status register has nothing to say: no feature connector, no switches.
    { kind: "scalar", name: "st00", type: "uint8", get: () => 0, set: () => undefined },
    adapter.u8("st01", "status"),
    adapter.u8("dac_state", "colorState"),
    adapter.u8("dac_sub_index", "colorPart"),
    adapter.u8("dac_read_index", "colorReadIndex"),
    adapter.u8("dac_write_index", "colorWriteIndex"),
    adapter.bytes("dac_cache", "colorEntry", 3),
    adapter.bytes("palette", "palette", 768),
    adapter.i32("bank_offset", "bankOffset"),
    {
      kind: "scalar",
      name: "is_vbe_vmstate",
      type: "uint8",
      described: "uint8 equal",
      check: (_state, value) =>
        value === DISPLAY_INTERFACE ? undefined : `${DISPLAY_INTERFACE} != ${Number(value).toString(16)}`,
      get: () => DISPLAY_INTERFACE,
      set: () => undefined,
    },
    adapter.u16("vbe_index", "displayIndex"),
    adapter.array("vbe_regs", "uint16", "display", 10),
    adapter.u32("vbe_start_addr", "startAddress"),
    adapter.u32("vbe_line_offset", "lineLength"),
    adapter.u32("vbe_bank_mask", "bankMask"),
  ],
  subsections: [
    {
      name: "vga.endian",
      version: 1,
      isNeeded: ({ isBigEndian }) => isBigEndian,
      fields: [adapter.bool("big_endian_fb", "isBigEndian")],
    },
  ],
};

export const VGA: StateDescription<DisplayCardState> = {
  name: "vga",
  version: 2,
  fields: [
    pciDeviceField("dev", (state) => state.pci),
    structField("vga", ADAPTER, (state: DisplayCardState) => state.adapter),
  ],
};
