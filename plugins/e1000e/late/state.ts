// What a migration carries of the card, by the peer's names.
import { fieldsOf, structField, structsField, type StateDescription, type StateField } from "backplane";
import { msixField, pciDeviceField } from "backplane/plugins/pci/contract";
import type { DelayTimerState } from "../delay-timer.ts";
import type { DeviceState } from "../device.ts";
import { VECTORS } from "../interrupts.ts";
import { REGISTER_COUNT } from "../registers.ts";
import type { QueueState } from "../transmitter.ts";

const device = fieldsOf<DeviceState>();
const timer = fieldsOf<DelayTimerState>();
const queue = fieldsOf<QueueState>();

const TIMER: StateDescription<DelayTimerState> = {
  name: "e1000e-intr-timer",
  version: 1,
  fields: [timer.timer("timer", "deadline"), timer.bool("running", "isRunning")],
};

/** Number of the field of a context descriptor: §7.2.2 of the 82574 Datasheet. */
const byte = (name: string, at: number): StateField<QueueState> => ({
  kind: "scalar",
  name: `props.${name}`,
  type: "uint8",
  get: ({ context }) => context.getUint8(at),
  set: ({ context }, value) => context.setUint8(at, Number(value)),
});

const word = (name: string, at: number): StateField<QueueState> => ({
  kind: "scalar",
  name: `props.${name}`,
  type: "uint16",
  get: ({ context }) => context.getUint16(at, true),
  set: ({ context }, value) => context.setUint16(at, Number(value), true),
});

const COMMAND_AT = 8;
const PAYLOAD_LENGTH = 0x000f_ffff;

/** A flag of the descriptor's command: a field of its own in the stream. */
const flag = (name: string, bit: number, type: "int8" | "bool"): StateField<QueueState> => ({
  kind: "scalar",
  name: `props.${name}`,
  type,
  get({ context }) {
    const isSet = (context.getUint32(COMMAND_AT, true) & bit) !== 0;
    return type === "bool" ? isSet : Number(isSet);
  },
  set({ context }, value) {
    const others = context.getUint32(COMMAND_AT, true) & ~bit;
    context.setUint32(COMMAND_AT, others | (Number(value) === 0 ? 0 : bit), true);
  },
});

const QUEUE: StateDescription<QueueState> = {
  name: "e1000e-tx",
  version: 1,
  fields: [
    queue.u8("sum_needed", "options"),
    byte("ipcss", 0),
    byte("ipcso", 1),
    word("ipcse", 2),
    byte("tucss", 4),
    byte("tucso", 5),
    word("tucse", 6),
    byte("hdr_len", 13),
    word("mss", 14),
    {
      kind: "scalar",
      name: "props.paylen",
      type: "uint32",
      get: ({ context }) => context.getUint32(COMMAND_AT, true) & PAYLOAD_LENGTH,
      set({ context }, value) {
        const others = context.getUint32(COMMAND_AT, true) & ~PAYLOAD_LENGTH;
        context.setUint32(COMMAND_AT, others | (Number(value) & PAYLOAD_LENGTH), true);
      },
    },
    flag("ip", 0x0200_0000, "int8"),
    flag("tcp", 0x0100_0000, "int8"),
    flag("tse", 0x0400_0000, "bool"),
    queue.bool("cptse", "wantsSegments"),
    queue.bool("skip_cp", "isBad"),
  ],
};

type Numbers = Uint8Array | Uint16Array | Uint32Array;

const numbers = (
  name: string,
  type: "uint8" | "uint16" | "uint32",
  length: number,
  of: (state: DeviceState) => Numbers,
): StateField<DeviceState> => ({
  kind: "array",
  name,
  type,
  length,
  get: (state, index) => of(state)[index] ?? 0,
  set(state, index, value) {
    of(state)[index] = Number(value);
  },
});

/** A number of one of the card's parts. */
function part<T>(
  name: string,
  type: "uint8" | "uint32",
  of: (state: DeviceState) => T,
  get: (part: T) => number,
  set: (part: T, value: number) => void,
): StateField<DeviceState> {
  return {
    kind: "scalar",
    name,
    type,
    get: (state) => get(of(state)),
    set: (state, value) => set(of(state), Number(value)),
  };
}

const receiver = (state: DeviceState) => state.card.receiver;
const interrupts = (state: DeviceState) => state.card.interrupts;

const subsystem = (name: string, key: "subsystem" | "subsystemVendor"): StateField<DeviceState> => ({
  kind: "scalar",
  name,
  type: "uint16",
  check: (state, value) =>
    value === state[key] ? undefined : "Cannot migrate while device properties (subsys/subsys_ven) differ",
  get: (state) => state[key],
  set: () => undefined,
});

export const E1000E: StateDescription<DeviceState> = {
  name: "e1000e",
  version: 1,
  beforeLoad: ({ card }) => {
    card.timeOffset = 0n;
  },
  fields: [
    pciDeviceField("parent_obj[0]", (state) => state.pci),
    msixField("parent_obj[1]", VECTORS, (state) => state.vectors),
    device.u32("ioaddr", "ioAddress"),
    part(
      "core.rxbuf_min_shift",
      "uint32",
      receiver,
      ({ thresholdShift }) => thresholdShift,
      (state, value) => {
        state.thresholdShift = value;
      },
    ),
    part(
      "core.rx_desc_len",
      "uint8",
      receiver,
      ({ descriptorLength }) => descriptorLength,
      (state, value) => {
        state.descriptorLength = value;
      },
    ),
    numbers("core.rxbuf_sizes", "uint32", 4, ({ card }) => card.receiver.sizes),
    part(
      "core.rx_desc_buf_size",
      "uint32",
      receiver,
      ({ total }) => total,
      (state, value) => {
        state.total = value;
      },
    ),
    numbers("core.eeprom", "uint16", 64, ({ card }) => card.nvm),
    numbers("core.phy", "uint16", 7 * 32, ({ card }) => card.phy),
    numbers("core.mac", "uint32", REGISTER_COUNT, ({ card }) => card.registers),
    numbers("core.permanent_mac", "uint8", 6, ({ card }) => card.address),
    part(
      "core.delayed_causes",
      "uint32",
      interrupts,
      ({ delayed }) => delayed,
      (state, value) => {
        state.delayed = value;
      },
    ),
    subsystem("subsys", "subsystem"),
    subsystem("subsys_ven", "subsystemVendor"),
    structField("core.rdtr", TIMER, (state: DeviceState) => interrupts(state).receiveDelay),
    structField("core.radv", TIMER, (state: DeviceState) => interrupts(state).receiveLimit),
    structField("core.raid", TIMER, (state: DeviceState) => interrupts(state).acknowledgeDelay),
    structField("core.tadv", TIMER, (state: DeviceState) => interrupts(state).transmitLimit),
    structField("core.tidv", TIMER, (state: DeviceState) => interrupts(state).transmitDelay),
    structField("core.itr", TIMER, (state: DeviceState) => interrupts(state).throttle),
    device.unused(1, "unused[0]"),
    structsField(
      "core.eitr",
      TIMER,
      VECTORS,
      (state: DeviceState, index) => interrupts(state).throttles[index] ?? missing(),
    ),
    device.unused(VECTORS, "unused[1]"),
    part(
      "core.itr_guest_value",
      "uint32",
      interrupts,
      ({ interval }) => interval,
      (state, value) => {
        state.interval = value;
      },
    ),
    numbers("core.eitr_guest_value", "uint32", VECTORS, ({ card }) => card.interrupts.intervals),
    // The type of tags is among the registers.
    { kind: "scalar", name: "core.vet", type: "uint16", get: () => 0, set: () => undefined },
    structsField("core.tx", QUEUE, 2, (state: DeviceState, index) => state.card.queues[index] ?? missing()),
    {
      kind: "scalar",
      name: "core.timadj",
      type: "int64",
      get: ({ card }) => card.timeOffset,
      set({ card }, value) {
        card.timeOffset = BigInt(value);
      },
    },
  ],
};

function missing(): never {
  throw new RangeError("a card has two queues and five vectors");
}
