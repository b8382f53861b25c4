// What a migration carries of the SMBus and its controller, by the peer's names.
import { fieldsOf, structField, type StateDescription } from "backplane";
import { pciDeviceField } from "backplane/plugins/pci/contract";
import type { SmbusHostState } from "../smbus-host.ts";
import type { SmbusState } from "../smbus.ts";

const host = fieldsOf<SmbusHostState>();

export const I2C_BUS: StateDescription<{ address: number }> = {
  name: "i2c_bus",
  version: 1,
  fields: [fieldsOf<{ address: number }>().u8("saved_address", "address")],
};

const HOST: StateDescription<SmbusHostState> = {
  name: "pmsmb",
  version: 1,
  fields: [
    host.u8("smb_stat", "status"),
    host.u8("smb_ctl", "control"),
    host.u8("smb_cmd", "command"),
    host.u8("smb_addr", "address"),
    host.u8("smb_data0", "data0"),
    host.u8("smb_data1", "data1"),
    host.u32("smb_index", "index"),
    host.array("smb_data", "uint8", "buffer", 32),
    host.u8("smb_auxctl", "auxiliary"),
    host.u8("smb_blkdata", "block"),
    host.bool("i2c_enable", "usesI2c"),
    host.bool("op_done", "isClosed"),
    host.bool("in_i2c_block_read", "isReading"),
    host.bool("start_transaction_on_status_read", "isDeferred"),
  ],
};

export const SMBUS_CONTROLLER: StateDescription<SmbusState> = {
  name: "ich9_smb",
  version: 1,
  fields: [
    pciDeviceField("dev", (state) => state.pci),
    fieldsOf<SmbusState>().bool("irq_enabled", "isInterrupting"),
    structField("smb", HOST, (state) => state.host),
  ],
};

/** A memory module's contents are the same wherever the machine is: its section has a number and is never sent. */
export const EEPROM: StateDescription<object> = { name: "smbus-eeprom", version: 1, fields: [] };
