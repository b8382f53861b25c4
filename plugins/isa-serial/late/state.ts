// What a migration carries of a serial port, by the peer's names.
import { fieldsOf, structField, type StateDescription } from "backplane";
import type { UartState } from "../uart.ts";

const uart = fieldsOf<UartState>();
const FIFO_LENGTH = 16;
const TRANSMIT_ENABLED = 0x02;
/** The interrupt's identification says whether the transmitter asks. */
const UNSAID = -1;
const ID = { mask: 0x06, transmitted: 0x02 } as const;

const FIFO: StateDescription<UartState> = {
  name: "Fifo8",
  version: 1,
  fields: [uart.bytes("data", "fifo", FIFO_LENGTH), uart.u32("head", "fifoFirst"), uart.u32("num", "fifoCount")],
};

const REGISTERS: StateDescription<UartState> = {
  name: "serial",
  version: 3,
  minimumVersion: 2,
  beforeLoad(state) {
    state.transmitPending = UNSAID;
    state.timeoutPending = 0;
    state.fifoCount = 0;
  },
  afterLoad(state) {
    if (state.transmitPending === UNSAID) state.transmitPending = Number((state.id & ID.mask) === ID.transmitted);
  },
  fields: [
    { ...uart.u16("divider", "divisor"), since: 2 },
    uart.u8("rbr", "received"),
    uart.u8("ier", "enabled"),
    uart.u8("iir", "id"),
    uart.u8("lcr", "lineControl"),
    uart.u8("mcr", "modemControl"),
    uart.u8("lsr", "lineStatus"),
    uart.u8("msr", "modemStatus"),
    uart.u8("scr", "scratch"),
    { ...uart.u8("fcr_vmstate", "fifoControl"), since: 3 },
  ],
  subsections: [
    {
      name: "serial/thr_ipending",
      version: 1,
      // Otherwise the interrupt's identification says it.
      isNeeded: ({ enabled, id, transmitPending }) =>
        (enabled & TRANSMIT_ENABLED) !== 0 && Number((id & ID.mask) === ID.transmitted) !== transmitPending,
      fields: [uart.i32("thr_ipending", "transmitPending")],
    },
    {
      name: "serial/recv_fifo",
      version: 1,
      isNeeded: ({ fifoCount }) => fifoCount !== 0,
      fields: [structField("recv_fifo", FIFO, (state: UartState) => state)],
    },
    {
      name: "serial/timeout_ipending",
      version: 1,
      isNeeded: ({ timeoutPending }) => timeoutPending !== 0,
      fields: [uart.i32("timeout_ipending", "timeoutPending")],
    },
  ],
};

/** The ISA device around the controller. */
export const SERIAL: StateDescription<UartState> = {
  name: "serial",
  version: 3,
  minimumVersion: 2,
  fields: [structField("state", REGISTERS, (state: UartState) => state)],
};
