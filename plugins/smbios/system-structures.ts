import { HANDLES } from "./handles.ts";
import { Structure } from "./structure.ts";
import type { UserFields } from "./user-fields.ts";

/** How the machine presents itself where the user says nothing. */
export interface Identity {
  readonly manufacturer: string;
  readonly product: string;
  readonly version: string;
}

/** Where SeaBIOS says that it begins; it has the size of its ROM in another place. */
const BIOS_SEGMENT = 0xe800;
const CHARACTERISTICS_UNSUPPORTED = 1 << 3;
/** §7.1.2.2: targeted content distribution, and a virtual machine. */
const EXTENSION_2 = (1 << 2) | (1 << 4);
const EXTENSION_2_UEFI = 1 << 3;
const NO_EMBEDDED_CONTROLLER = 0xff;
const WAKE_UP_POWER_SWITCH = 6;
const MOTHERBOARD = { feature: 1, type: 0x0a } as const;
const CHASSIS_OTHER = 1;
const STATE_SAFE = 3;
const SECURITY_UNKNOWN = 2;

/** §7.1, BIOS information (type 0): the firmware has its own; only the user's replaces it. */
export function biosInformation(fields: UserFields): Uint8Array {
  const release = /^\s*([+-]?\d+)\.([+-]?\d+)/.exec(fields.text(0, "release") ?? "");
  const uefi = fields.flag(0, "uefi") ? EXTENSION_2_UEFI : 0;
  return new Structure(0, HANDLES.bios)
    .text(fields.text(0, "vendor"))
    .text(fields.text(0, "version"))
    .u16(BIOS_SEGMENT)
    .text(fields.text(0, "date"))
    .u8(0)
    .u64(CHARACTERISTICS_UNSUPPORTED)
    .u8(0)
    .u8(EXTENSION_2 | uefi)
    .u8(Number(release?.[1] ?? 0))
    .u8(Number(release?.[2] ?? 0))
    .u8(NO_EMBEDDED_CONTROLLER)
    .u8(NO_EMBEDDED_CONTROLLER)
    .finish();
}

/** §7.2.1: the first three parts of a UUID are little-endian. */
function encodeUuid(uuid: Uint8Array): Uint8Array {
  const bytes = Buffer.from(uuid);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** §7.2, system information (type 1). */
export function systemInformation(fields: UserFields, identity: Identity, uuid: Uint8Array): Uint8Array {
  return new Structure(1, HANDLES.system)
    .text(fields.text(1, "manufacturer") ?? identity.manufacturer)
    .text(fields.text(1, "product") ?? identity.product)
    .text(fields.text(1, "version") ?? identity.version)
    .text(fields.text(1, "serial"))
    .bytes(encodeUuid(uuid))
    .u8(WAKE_UP_POWER_SWITCH)
    .text(fields.text(1, "sku"))
    .text(fields.text(1, "family"))
    .finish();
}

/** §7.3, baseboard (type 2). */
export function baseboard(fields: UserFields, identity: Identity): Uint8Array {
  return new Structure(2, HANDLES.baseboard)
    .text(fields.text(2, "manufacturer") ?? identity.manufacturer)
    .text(fields.text(2, "product") ?? identity.product)
    .text(fields.text(2, "version") ?? identity.version)
    .text(fields.text(2, "serial"))
    .text(fields.text(2, "asset"))
    .u8(MOTHERBOARD.feature)
    .text(fields.text(2, "location"))
    .u16(HANDLES.chassis)
    .u8(MOTHERBOARD.type)
    .u8(0)
    .finish();
}

/** §7.4, system enclosure (type 3). */
export function chassis(fields: UserFields, identity: Identity): Uint8Array {
  return new Structure(3, HANDLES.chassis)
    .text(fields.text(3, "manufacturer") ?? identity.manufacturer)
    .u8(CHASSIS_OTHER)
    .text(fields.text(3, "version") ?? identity.version)
    .text(fields.text(3, "serial"))
    .text(fields.text(3, "asset"))
    .u8(STATE_SAFE)
    .u8(STATE_SAFE)
    .u8(STATE_SAFE)
    .u8(SECURITY_UNKNOWN)
    .zeros(8)
    .text(fields.text(3, "sku"))
    .finish();
}

/** §7.33, system boot information (type 32): no errors. */
export function bootInformation(): Uint8Array {
  return new Structure(32, HANDLES.boot).zeros(7).finish();
}

/** §7.45, end of table (type 127). */
export function endOfTable(): Uint8Array {
  return new Structure(127, HANDLES.end).finish();
}
