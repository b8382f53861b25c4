// GUIDs as text and as bytes: the first three fields are little-endian in memory (ACPI 6.5 §19.6.142).
import { TableWriter } from "backplane/plugins/acpi/contract";

export const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const GUID_LENGTH = 16;

export function guidBytes(guid: string): Uint8Array {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i.exec(guid);
  if (!match) throw new RangeError(`"${guid}" is not a GUID`);
  const [, first = "", second = "", third = "", fourth = "", fifth = ""] = match;
  const rest = Buffer.from(fourth + fifth, "hex");
  return new TableWriter()
    .u32(parseInt(first, 16))
    .u16(parseInt(second, 16))
    .u16(parseInt(third, 16))
    .bytes(rest)
    .finish();
}

export function guidText(bytes: Uint8Array): string {
  const view = Buffer.from(bytes);
  view.subarray(0, 4).swap32();
  view.subarray(4, 8).swap16();
  return view.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Another one, and always the same: its last group counted on. */
export function followingGuid(guid: string): string {
  const split = guid.lastIndexOf("-") + 1;
  const digits = guid.length - split;
  const next = (parseInt(guid.slice(split), 16) + 1) % 2 ** (4 * digits);
  return guid.slice(0, split) + next.toString(16).padStart(digits, "0");
}
