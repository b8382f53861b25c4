// What a migration carries of the serial ATA controller, by the peer's names.
import { fieldsOf, structField, structsField, type StateDescription, type StateField } from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import type { AhciPortState, DriveState, QueuedState } from "../ahci-port.ts";
import { PORT_COUNT, SLOT_COUNT, type PORT } from "../ahci-registers.ts";
import type { AhciState } from "../ahci.ts";

const drive = fieldsOf<DriveState>();
const queued = fieldsOf<QueuedState>();
const port = fieldsOf<AhciPortState>();
const ahci = fieldsOf<AhciState>();

const DRIVE: StateDescription<DriveState> = {
  name: "ide_drive",
  version: 3,
  minimumVersion: 0,
  fields: [
    drive.i32("mult_sectors", "blockSectors"),
    drive.i32("identify_set", "identified"),
    { ...drive.bytes("identify_data", "identity", 512), follows: "identify_set" },
    drive.u8("feature", "feature"),
    drive.u8("error", "error"),
    drive.u32("nsector", "count"),
    drive.u8("sector", "sector"),
    drive.u8("lcyl", "cylinderLow"),
    drive.u8("hcyl", "cylinderHigh"),
    drive.u8("hob_feature", "highFeature"),
    drive.u8("hob_sector", "highSector"),
    drive.u8("hob_nsector", "highCount"),
    drive.u8("hob_lcyl", "highCylinderLow"),
    drive.u8("hob_hcyl", "highCylinderHigh"),
    drive.u8("select", "select"),
    drive.u8("status", "status"),
    drive.u8("lba48", "long"),
    drive.u8("sense_key", "sense"),
    drive.u8("asc", "senseCode"),
    { ...drive.u8("cdrom_changed", "mediumChanged"), since: 3 },
  ],
  beforeLoad(state) {
    Object.assign(state, { trayOpen: false, trayLocked: false, newMedium: false, ejectRequested: false });
  },
  // What belongs to a command that is under way is not there: between two commands there is none.
  subsections: [
    {
      name: "ide_drive/tray_state",
      version: 1,
      isNeeded: ({ trayOpen, trayLocked }) => trayOpen || trayLocked,
      fields: [drive.bool("tray_open", "trayOpen"), drive.bool("tray_locked", "trayLocked")],
    },
    {
      name: "ide_drive/atapi/gesn_state",
      version: 1,
      isNeeded: ({ newMedium, ejectRequested }) => newMedium || ejectRequested,
      fields: [drive.bool("new_media", "newMedium"), drive.bool("eject_request", "ejectRequested")],
    },
  ],
};

/** A bus has nothing of its own but the drive that is selected: the first. */
const BUS: StateDescription<AhciPortState> = {
  name: "ide_bus",
  version: 1,
  fields: [
    { kind: "scalar", name: "cmd", type: "uint8", get: () => 0, set: () => undefined },
    { kind: "scalar", name: "unit", type: "uint8", get: () => 0, set: () => undefined },
  ],
};

const QUEUED: StateDescription<QueuedState> = {
  name: "ncq state",
  version: 1,
  fields: [
    queued.u32("sector_count", "sectors"),
    queued.u64("lba", "address"),
    queued.u8("tag", "tag"),
    queued.u8("cmd", "command"),
    queued.u8("slot", "slot"),
    queued.bool("used", "used"),
    queued.bool("halt", "halted"),
  ],
};

function register(name: string, key: keyof typeof PORT): StateField<AhciPortState> {
  return {
    kind: "scalar",
    name: `port_regs.${name}`,
    type: "uint32",
    get: ({ registers }) => registers[key] ?? 0,
    set: ({ registers }, value) => {
      registers[key] = Number(value);
    },
  };
}

const AHCI_PORT: StateDescription<AhciPortState> = {
  name: "ahci port",
  version: 1,
  fields: [
    structField("port", BUS, (state: AhciPortState) => state),
    structField("port.ifs[0]", DRIVE, (state) => state.drive),
    port.u32("port_state", "state"),
    port.u32("finished", "finished"),
    register("lst_addr", "listLow"),
    register("lst_addr_hi", "listHigh"),
    register("fis_addr", "fisLow"),
    register("fis_addr_hi", "fisHigh"),
    register("irq_stat", "interruptStatus"),
    register("irq_mask", "interruptEnable"),
    register("cmd", "command"),
    register("tfdata", "taskFile"),
    register("sig", "signature"),
    register("scr_stat", "sataStatus"),
    register("scr_ctl", "sataControl"),
    register("scr_err", "sataError"),
    register("scr_act", "active"),
    register("cmd_issue", "issue"),
    port.bool("done_first_drq", "firstBlockDone"),
    port.i32("busy_slot", "busySlot"),
    port.bool("init_d2h_sent", "initialSent"),
    port.structs<QueuedState>("ncq_tfs", "queued", QUEUED, SLOT_COUNT),
  ],
};

const AHCI: StateDescription<AhciState> = {
  name: "ahci",
  version: 1,
  fields: [
    structsField("dev", AHCI_PORT, PORT_COUNT, (state: AhciState, index) => state.ports[index] ?? missing()),
    ahci.u32("control_regs.cap", "capabilities"),
    ahci.u32("control_regs.ghc", "control"),
    ahci.u32("control_regs.irqstatus", "status"),
    ahci.u32("control_regs.impl", "implemented"),
    ahci.u32("control_regs.version", "version"),
    ahci.u32("idp_index", "index"),
    {
      kind: "scalar",
      name: "ports",
      type: "uint32",
      described: "uint32 equal",
      check: (_state, value) =>
        value === PORT_COUNT ? undefined : `${PORT_COUNT.toString(16)} != ${Number(value).toString(16)}`,
      get: () => PORT_COUNT,
      set: () => undefined,
    },
  ],
};

function missing(): never {
  throw new RangeError("a controller has six ports");
}

export const AHCI_DEVICE: StateDescription<AhciState> = {
  name: "ich9_ahci",
  version: 1,
  fields: [pciDeviceField("parent_obj", (state) => state.pci), structField("ahci", AHCI, (state: AhciState) => state)],
};
