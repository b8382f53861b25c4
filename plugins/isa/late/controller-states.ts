// What a migration carries of the interrupt and DMA controllers and of port 0x92, by the peer's names.
import { fieldsOf, type StateDescription } from "backplane";
import type { DmaChannelState, DmaState } from "../dma.ts";
import type { PicState } from "../pic.ts";

const pic = fieldsOf<PicState>();
const dma = fieldsOf<DmaState>();
const channel = fieldsOf<DmaChannelState>();

export const PIC: StateDescription<PicState> = {
  name: "i8259",
  version: 1,
  fields: [
    pic.u8("last_irr", "lastLines"),
    pic.u8("irr", "request"),
    pic.u8("imr", "mask"),
    pic.u8("isr", "inService"),
    pic.u8("priority_add", "priority"),
    pic.u8("irq_base", "vectorBase"),
    pic.u8("read_reg_select", "readInService"),
    pic.u8("poll", "poll"),
    pic.u8("special_mask", "specialMask"),
    pic.u8("init_state", "initialization"),
    pic.u8("auto_eoi", "automaticEnd"),
    pic.u8("rotate_on_auto_eoi", "rotateOnEnd"),
    pic.u8("special_fully_nested_mode", "fullyNested"),
    pic.u8("init4", "needsIcw4"),
    pic.u8("single_mode", "single"),
    pic.u8("elcr", "levelTriggered"),
  ],
  subsections: [
    {
      name: "i8259/ltim",
      version: 1,
      isNeeded: ({ levelMode }) => levelMode !== 0,
      fields: [pic.u8("ltim", "levelMode")],
    },
  ],
};

const CHANNEL: StateDescription<DmaChannelState> = {
  name: "dma_regs",
  version: 1,
  fields: [
    channel.array("now", "int32", "now", 2),
    channel.array("base", "uint16", "base", 2),
    channel.u8("mode", "mode"),
    channel.u8("page", "page"),
    channel.u8("pageh", "highPage"),
    channel.u8("dack", "acknowledge"),
    channel.u8("eop", "terminal"),
  ],
};

export const DMA: StateDescription<DmaState> = {
  name: "dma",
  version: 1,
  fields: [
    dma.u8("command", "command"),
    dma.u8("mask", "mask"),
    dma.u8("flip_flop", "flipFlop"),
    dma.i32("dshift", "shift"),
    dma.structs<DmaChannelState>("regs", "channels", CHANNEL, 4),
  ],
};

export const SYSTEM_CONTROL: StateDescription<{ value: number }> = {
  name: "port92",
  version: 1,
  fields: [fieldsOf<{ value: number }>().u8("outport", "value")],
};
