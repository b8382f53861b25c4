// What a migration carries of the LPC bridge with its power management, by the peer's names.
import {
  fieldsOf,
  structField,
  structsField,
  type ScalarValue,
  type StateDescription,
  type StateField,
} from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import { blankPlace, type CpuHotplugState, type CpuPlaceState } from "../cpu-hotplug.ts";
import type { LpcState } from "../lpc.ts";
import type { MemoryHotplugState, MemorySlotState } from "../memory-hotplug.ts";
import type { PciHotplugBusState, PciHotplugState } from "../pci-hotplug.ts";
import type { PowerManagementState } from "../power-management.ts";
import type { SmiFeaturesState } from "../smi-features.ts";
import type { SmiState } from "../smi.ts";
import type { WatchdogState } from "../tco.ts";

const BUSES = 256;
const CHIPSET_BYTES = 16 * 1024;
const GPE_BYTES = 16;

const smi = fieldsOf<SmiState>();
const pm = fieldsOf<PowerManagementState>();
const slot = fieldsOf<MemorySlotState>();
const place = fieldsOf<CpuPlaceState>();
const bus = fieldsOf<PciHotplugBusState>();
const lpc = fieldsOf<LpcState>();

const APM: StateDescription<SmiState> = {
  name: "APM State",
  version: 1,
  fields: [smi.u8("apmc", "command"), smi.u8("apms", "apmStatus")],
};

const SLOT: StateDescription<MemorySlotState> = {
  name: "memory hotplug device state",
  version: 1,
  fields: [
    slot.bool("is_enabled", "enabled"),
    slot.bool("is_inserting", "inserting"),
    slot.u32("ost_event", "source"),
    slot.u32("ost_status", "status"),
  ],
};

function memoryHotplug(slots: number): StateDescription<MemoryHotplugState> {
  return {
    name: "memory hotplug state",
    version: 1,
    fields: [
      fieldsOf<MemoryHotplugState>().u32("selector", "selector"),
      fieldsOf<MemoryHotplugState>().structs<MemorySlotState>("devs", "slots", SLOT, slots),
    ],
  };
}

function register(name: string, type: "uint8" | "uint16", key: keyof WatchdogState): StateField<WatchdogState> {
  const fields = fieldsOf<{ [K in keyof WatchdogState]: number }>();
  const field = type === "uint8" ? fields.u8(name, key) : fields.u16(name, key);
  return field as unknown as StateField<WatchdogState>;
}

const WATCHDOG: StateDescription<WatchdogState> = {
  name: "tco io device status",
  version: 1,
  fields: [
    register("tco.rld", "uint16", "reload"),
    register("tco.din", "uint8", "dataIn"),
    register("tco.dout", "uint8", "dataOut"),
    register("tco.sts1", "uint16", "status1"),
    register("tco.sts2", "uint16", "status2"),
    register("tco.cnt1", "uint16", "control1"),
    register("tco.cnt2", "uint16", "control2"),
    register("tco.msg1", "uint8", "message1"),
    register("tco.msg2", "uint8", "message2"),
    register("tco.wdcnt", "uint8", "watchdogControl"),
    register("tco.tmr", "uint16", "initial"),
    register("sw_irq_gen", "uint8", "interrupts"),
    fieldsOf<{ deadline: bigint }>().timer("tco_timer", "deadline"),
    fieldsOf<{ expires: bigint }>().i64("expire_time", "expires"),
    register("timeouts_no", "uint8", "timeouts"),
  ],
};

const PLACE: StateDescription<CpuPlaceState> = {
  name: "CPU hotplug device state",
  version: 1,
  fields: [
    place.bool("is_inserting", "inserting"),
    place.bool("is_removing", "removing"),
    place.u32("ost_event", "source"),
    place.u32("ost_status", "status"),
  ],
};

function cpuHotplug(places: number): StateDescription<CpuHotplugState> {
  return {
    name: "CPU hotplug state",
    version: 1,
    fields: [
      fieldsOf<CpuHotplugState>().u32("selector", "selector"),
      fieldsOf<CpuHotplugState>().u8("command", "command"),
      fieldsOf<CpuHotplugState>().structs<CpuPlaceState>("devs", "places", PLACE, places),
    ],
  };
}

/** There is something to load into only when a stream has it. */
function cpuHotplugOf(state: LpcState, places: number): CpuHotplugState {
  state.cpuHotplug ??= { selector: 0, command: 0, places: Array.from({ length: places }, blankPlace) };
  return state.cpuHotplug;
}

const BUS: StateDescription<PciHotplugBusState> = {
  name: "acpi_pcihp_pci_status",
  version: 1,
  fields: [bus.u32("up", "up"), bus.u32("down", "down")],
};

/** A field of a part of the state. */
function through<T>(field: StateField<T>, part: (state: LpcState) => T): StateField<LpcState> {
  switch (field.kind) {
    case "scalar":
      return {
        ...field,
        exists: () => true,
        check: () => undefined,
        get: (state: LpcState) => field.get(part(state)),
        set: (state: LpcState, value: ScalarValue) => field.set(part(state), value),
      };
    case "array":
      return {
        ...field,
        exists: () => true,
        get: (state, index) => field.get(part(state), index),
        set: (state, index, value) => field.set(part(state), index, value),
      };
    case "buffer":
    case "unused":
    case "struct":
    case "structs":
      throw new TypeError(`a ${field.kind} is no part of the power management`);
  }
}

const pciHotplugOf = ({ pciHotplug }: LpcState): PciHotplugState =>
  pciHotplug ?? { select: 0, acpiIndex: 0, buses: [] };
const NO_BUS: PciHotplugBusState = { up: 0, down: 0 };

function powerManagement(slots: number, places: number): StateDescription<LpcState> {
  const power = (field: StateField<PowerManagementState>): StateField<LpcState> => through(field, (state) => state.pm);
  const interrupts = (field: StateField<SmiState>): StateField<LpcState> => through(field, (state) => state.smi);
  const hotplug = fieldsOf<PciHotplugState>();
  return {
    name: "ich9_pm",
    version: 1,
    fields: [
      power(pm.u16("acpi_regs.pm1.evt.sts", "status")),
      power(pm.u16("acpi_regs.pm1.evt.en", "enable")),
      power(pm.u16("acpi_regs.pm1.cnt.cnt", "control")),
      power(pm.timer("acpi_regs.tmr.timer", "timer")),
      power(pm.i64("acpi_regs.tmr.overflow_time", "overflow")),
      power(pm.array("acpi_regs.gpe.sts", "uint8", "gpeStatus", GPE_BYTES)),
      power(pm.array("acpi_regs.gpe.en", "uint8", "gpeEnable", GPE_BYTES)),
      interrupts(smi.u32("smi_en", "enable")),
      interrupts(smi.u32("smi_sts", "status")),
    ],
    subsections: [
      {
        name: "ich9_pm/memhp",
        version: 1,
        isNeeded: () => true,
        fields: [structField("acpi_memory_hotplug", memoryHotplug(slots), (state) => state.memoryHotplug)],
      },
      {
        name: "ich9_pm/tco",
        version: 1,
        isNeeded: ({ watchdog }) => watchdog !== undefined,
        fields: [structField("tco_regs", WATCHDOG, ({ watchdog }) => watchdog ?? ({} as WatchdogState))],
      },
      {
        name: "ich9_pm/cpuhp",
        version: 1,
        isNeeded: (state) => state.cpuHotplug !== undefined,
        fields: [structField("cpuhp_state", cpuHotplug(places), (state) => cpuHotplugOf(state, places))],
      },
      {
        name: "ich9_pm/pcihp",
        version: 1,
        isNeeded: ({ pciHotplug }) => pciHotplug !== undefined,
        fields: [
          through(hotplug.u32("acpi_pci_hotplug.hotplug_select", "select"), pciHotplugOf),
          structsField("acpi_pci_hotplug.acpi_pcihp_pci_status", BUS, BUSES, (state, index) => {
            return pciHotplugOf(state).buses[index] ?? NO_BUS;
          }),
          through(hotplug.u32("acpi_pci_hotplug.acpi_index", "acpiIndex"), pciHotplugOf),
        ],
      },
    ],
  };
}

/** `slots` of memory and `places` of processors: of those there are as many on both sides. */
export function lpcState(slots: number, places: number): StateDescription<LpcState> {
  const features = fieldsOf<SmiFeaturesState>();
  return {
    name: "ICH9LPC",
    version: 1,
    fields: [
      pciDeviceField("d", (state) => state.pci),
      structField("apm", APM, (state) => state.smi),
      structField("pm", powerManagement(slots, places), (state) => state),
      lpc.array("chip_config", "uint8", "chipset", CHIPSET_BYTES),
      lpc.u32("sci_level", "sciLevel"),
    ],
    subsections: [
      {
        name: "ICH9LPC/rst_cnt",
        version: 1,
        isNeeded: ({ resetControl }) => resetControl !== 0,
        fields: [lpc.u8("rst_cnt", "resetControl")],
      },
      {
        name: "ICH9LPC/smi_feat",
        version: 1,
        isNeeded: ({ features: { requested, agreed } }) => agreed !== 0 || requested.some((byte) => byte !== 0),
        fields: [
          through(features.array("smi_guest_features_le", "uint8", "requested", 8), (state) => state.features),
          through(features.u8("smi_features_ok", "agreed"), (state) => state.features),
          through(features.u64("smi_negotiated_features", "negotiated"), (state) => state.features),
        ],
      },
    ],
  };
}
