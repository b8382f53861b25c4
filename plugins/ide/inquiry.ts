// INQUIRY: SPC-3 (T10/1416-D) §6.4, with the vital product data pages 0x00 and 0x83 (§7.6).
import type { DriveIdentity } from "./identify.ts";
import type { PacketReply } from "./packets.ts";
import { ASC, SENSE } from "./sense.ts";

const CD_ROM = 0x05;
const ENTRY = { serial: 24, name: 72, worldWideName: 12 } as const;

const padded = (text: string, length: number): number[] =>
  Array.from({ length }, (_, index) => (index < text.length ? text.charCodeAt(index) : 0x20));

export function inquiry(identity: DriveIdentity, packet: Uint8Array): PacketReply {
  const limit = packet[4] ?? 0;
  if (((packet[1] ?? 0) & 1) === 0) return { kind: "data", data: standard(identity), limit };
  const page = packet[2] ?? 0;
  const entries = page === 0x00 ? [0x00, 0x83] : page === 0x83 ? identification(identity, limit) : undefined;
  if (entries === undefined) {
    return { kind: "fail", sense: SENSE.illegalRequest, code: page === 0x83 ? ASC.dataPhase : ASC.invalidField };
  }
  return { kind: "data", data: Uint8Array.of(CD_ROM, page, 0, entries.length, ...entries), limit };
}

function standard({ version }: DriveIdentity): Uint8Array {
  return Uint8Array.of(
    CD_ROM,
    0x80,
    0x00,
    0x21,
    31,
    0,
    0,
    0,
    ...padded("QEMU", 8),
    ...padded("QEMU DVD-ROM", 16),
    ...padded(version, 4),
  );
}

/** As many entries as the host has room for; undefined where not even the first fits. */
function identification({ serial, model, worldWideName }: DriveIdentity, limit: number): number[] | undefined {
  const header = 4;
  if (header + ENTRY.serial > limit) return undefined;
  const result = [2, 0, 0, 20, ...padded(serial, 20)];
  if (header + result.length + ENTRY.name > limit) return result;
  result.push(2, 1, 0, 68, ...padded("ATA", 8), ...padded(model, 40), ...padded(serial, 20));
  if (worldWideName === 0n || header + result.length + ENTRY.worldWideName > limit) return result;
  const name = new DataView(new ArrayBuffer(8));
  name.setBigUint64(0, worldWideName);
  result.push(1, 3, 0, 8, ...new Uint8Array(name.buffer));
  return result;
}
