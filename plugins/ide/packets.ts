// Packet commands: MMC-5 (T10/1675-D) §6, INQUIRY and REQUEST SENSE: SPC-3 (T10/1416-D) §6.
import type { Cdrom } from "./cdrom.ts";
import { inquiry } from "./inquiry.ts";
import { modeSense } from "./mode-pages.ts";
import { ASC, SENSE } from "./sense.ts";
import { readToc } from "./toc.ts";

/** What a command comes to. */
export type PacketReply =
  | { readonly kind: "ok" }
  | { readonly kind: "fail"; readonly sense: number; readonly code: number }
  /** `limit` is what the host has room for. */
  | { readonly kind: "data"; readonly data: Uint8Array; readonly limit: number }
  | {
      readonly kind: "sectors";
      readonly first: number;
      readonly count: number;
      /** Makes raw sectors of plain ones. */
      readonly raw?: (plain: Uint8Array, first: number) => Uint8Array;
    };

export const PACKET_FLAG = {
  /** Runs although there is news that the host has not heard. */
  duringAttention: 0x01,
  needsMedium: 0x02,
  noData: 0x04,
  mayHaveData: 0x08,
} as const;

export interface PacketCommand {
  readonly flags: number;
  run(drive: Cdrom, packet: Uint8Array): PacketReply;
}

const OK: PacketReply = { kind: "ok" };
export const fail = (sense: number, code: number): PacketReply => ({ kind: "fail", sense, code });
const invalidField = (): PacketReply => fail(SENSE.illegalRequest, ASC.invalidField);
const byte = (packet: Uint8Array, at: number): number => packet[at] ?? 0;
const half = (packet: Uint8Array, at: number): number => (byte(packet, at) << 8) | byte(packet, at + 1);
const word = (packet: Uint8Array, at: number): number => half(packet, at) * 65536 + half(packet, at + 2);

/** More 2048-byte sectors than this, and it is a DVD. */
const LARGEST_CD = 80 * 60 * 75;
const PROFILE = { cd: 0x0008, dvd: 0x0010 } as const;
const RAW = { sector: 2352, header: 16 } as const;
const CD_SECTOR = 2048;

export const PACKETS: { readonly [code: number]: PacketCommand | undefined } = {
  0x00: { flags: PACKET_FLAG.needsMedium | PACKET_FLAG.noData, run: () => OK },
  0x03: { flags: PACKET_FLAG.duringAttention, run: requestSense },
  0x12: { flags: PACKET_FLAG.duringAttention, run: (drive, packet) => inquiry(drive.identity, packet) },
  0x1b: { flags: PACKET_FLAG.noData, run: startStop },
  0x1e: {
    flags: PACKET_FLAG.noData,
    run(drive, packet) {
      drive.tray.locked = (byte(packet, 4) & 1) !== 0;
      return OK;
    },
  },
  0x25: {
    flags: PACKET_FLAG.needsMedium,
    run(drive) {
      const view = new DataView(new ArrayBuffer(8));
      view.setUint32(0, drive.length - 1);
      view.setUint32(4, CD_SECTOR);
      return { kind: "data", data: new Uint8Array(view.buffer), limit: 8 };
    },
  },
  0x28: { flags: PACKET_FLAG.needsMedium, run: (drive, packet) => read(drive, word(packet, 2), half(packet, 7)) },
  0x2b: {
    flags: PACKET_FLAG.needsMedium | PACKET_FLAG.noData,
    run: (drive, packet) => (word(packet, 2) >= drive.length ? fail(SENSE.illegalRequest, ASC.outOfRange) : OK),
  },
  0x43: {
    flags: PACKET_FLAG.needsMedium,
    run(drive, packet) {
      const data = readToc(drive.length, packet);
      return data === undefined ? invalidField() : { kind: "data", data, limit: half(packet, 7) };
    },
  },
  0x46: { flags: PACKET_FLAG.duringAttention, run: getConfiguration },
  0x4a: { flags: PACKET_FLAG.duringAttention, run: eventStatus },
  0x51: {
    flags: PACKET_FLAG.needsMedium,
    run(_drive, packet) {
      if ((byte(packet, 1) & 7) !== 0) return invalidField();
      const data = new Uint8Array(34);
      // One session, finished, of one track, for use without restriction.
      data.set([0, 32, 0x0e, 1, 1, 1, 1, 0x20]);
      return { kind: "data", data, limit: half(packet, 7) };
    },
  },
  0x5a: { flags: 0, run: (drive, packet) => modeSense(drive.tray.locked, packet) },
  0xa8: { flags: PACKET_FLAG.needsMedium, run: (drive, packet) => read(drive, word(packet, 2), word(packet, 6)) },
  0xad: { flags: PACKET_FLAG.needsMedium, run: readDvdStructure },
  0xbb: { flags: PACKET_FLAG.noData, run: () => OK },
  0xbd: {
    flags: 0,
    run: (_drive, packet) => ({ kind: "data", data: Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0), limit: half(packet, 8) }),
  },
  0xbe: { flags: PACKET_FLAG.needsMedium | PACKET_FLAG.mayHaveData, run: readCd },
};

function requestSense(drive: Cdrom, packet: Uint8Array): PacketReply {
  const data = new Uint8Array(18);
  data[0] = 0xf0;
  data[2] = drive.sense;
  data[7] = 10;
  data[12] = drive.additionalSense;
  if (drive.sense === SENSE.unitAttention) drive.sense = SENSE.none;
  return { kind: "data", data, limit: byte(packet, 4) };
}

function startStop(drive: Cdrom, packet: Uint8Array): PacketReply {
  const starts = (byte(packet, 4) & 1) !== 0;
  const moves = (byte(packet, 4) & 2) !== 0;
  // A power condition moves no tray.
  if (!moves || (byte(packet, 4) & 0xf0) !== 0) return OK;
  if (!starts && !drive.tray.open && drive.tray.locked) {
    const sense = drive.backend.inserted ? SENSE.notReady : SENSE.illegalRequest;
    return fail(sense, ASC.removalPrevented);
  }
  drive.moveTray(!starts);
  return OK;
}

function read(drive: Cdrom, first: number, count: number): PacketReply {
  if (count === 0) return OK;
  if (first + count > drive.length) return fail(SENSE.illegalRequest, ASC.outOfRange);
  return { kind: "sectors", first, count };
}

function readCd(drive: Cdrom, packet: Uint8Array): PacketReply {
  const count = (byte(packet, 6) << 16) | half(packet, 7);
  const wanted = byte(packet, 9) & 0xf8;
  const reply = read(drive, word(packet, 2), count);
  if (reply.kind !== "sectors") return reply;
  if (wanted === 0) return OK;
  if (wanted === 0x10) return reply;
  return wanted === 0xf8 ? { ...reply, raw: rawSectors } : invalidField();
}

/** Sync pattern, address and mode before each sector; the error correction behind it is left out (MMC-5 §4.2.3.8.2). */
function rawSectors(plain: Uint8Array, first: number): Uint8Array {
  const count = plain.length / CD_SECTOR;
  const data = new Uint8Array(count * RAW.sector);
  for (let index = 0; index < count; index++) {
    const at = index * RAW.sector;
    data.fill(0xff, at + 1, at + 11);
    data.set([...minutes(first + index), 0x01], at + 12);
    data.set(plain.subarray(index * CD_SECTOR, (index + 1) * CD_SECTOR), at + RAW.header);
  }
  return data;
}

/** An address as minutes, seconds and frames, of which the first 150 are the lead-in. */
export function minutes(sector: number): [number, number, number] {
  const frames = sector + 150;
  return [Math.floor(frames / 75 / 60), Math.floor(frames / 75) % 60, frames % 75];
}

/** The core feature's list of profiles, the current one marked. */
function getConfiguration(drive: Cdrom, packet: Uint8Array): PacketReply {
  if (half(packet, 2) !== 0) return invalidField();
  const data = new Uint8Array(20);
  const view = new DataView(data.buffer);
  const current = !drive.hasMedium ? 0 : drive.length > LARGEST_CD ? PROFILE.dvd : PROFILE.cd;
  view.setUint32(0, data.length - 4);
  view.setUint16(6, current);
  data[10] = 0x03;
  data[11] = 8;
  for (const [index, profile] of [PROFILE.dvd, PROFILE.cd].entries()) {
    view.setUint16(12 + 4 * index, profile);
    data[14 + 4 * index] = profile === current ? 1 : 0;
  }
  return { kind: "data", data, limit: Math.min(half(packet, 7), 512) };
}

const MEDIA_CLASS = 4;

function eventStatus(drive: Cdrom, packet: Uint8Array): PacketReply {
  // Only when asked: the drive does not report by itself.
  if ((byte(packet, 1) & 1) === 0) return invalidField();
  const limit = half(packet, 7);
  if ((byte(packet, 4) & (1 << MEDIA_CLASS)) === 0) {
    return { kind: "data", data: Uint8Array.of(0, 0, 0x80, 1 << MEDIA_CLASS), limit };
  }
  const { tray } = drive;
  const status = tray.open ? 0x01 : drive.backend.inserted ? 0x02 : 0x00;
  let event = 0;
  if (!tray.open && tray.newMedium) {
    event = 2;
    tray.newMedium = false;
  } else if (!tray.open && tray.ejectRequested) {
    event = 1;
    tray.ejectRequested = false;
  }
  return { kind: "data", data: Uint8Array.of(0, 4, MEDIA_CLASS, 1 << MEDIA_CLASS, event, status, 0, 0), limit };
}

function readDvdStructure(drive: Cdrom, packet: Uint8Array): PacketReply {
  const format = byte(packet, 7);
  if (format < 0xff && drive.length <= LARGEST_CD) return fail(SENSE.illegalRequest, ASC.incompatibleFormat);
  if (byte(packet, 1) !== 0) return invalidField();
  const data = dvdStructure(drive, format, packet);
  return data === undefined ? invalidField() : { kind: "data", data, limit: half(packet, 8) };
}

function dvdStructure(drive: Cdrom, format: number, packet: Uint8Array): Uint8Array | undefined {
  const sized = (length: number): DataView => {
    const view = new DataView(new ArrayBuffer(length + 4));
    view.setUint16(0, length + 2);
    return view;
  };
  switch (format) {
    case 0x00: {
      if (byte(packet, 6) !== 0) return undefined;
      const view = sized(2048);
      view.setUint32(4, 0x010f0100);
      view.setUint32(12, drive.length - 1);
      view.setUint32(16, drive.length - 1);
      return new Uint8Array(view.buffer);
    }
    case 0x01:
      return new Uint8Array(sized(4).buffer);
    case 0x04:
      return new Uint8Array(sized(2048).buffer);
    case 0xff: {
      // Which structures can be read, each with its length.
      const view = sized(16);
      for (const [index, [known, length]] of (
        [
          [0x00, 2048 + 4],
          [0x01, 4 + 4],
          [0x03, 188 + 4],
          [0x04, 2048 + 4],
          [0xff, 16 + 4],
        ] as const
      ).entries()) {
        view.setUint8(4 + 4 * index, known);
        view.setUint8(5 + 4 * index, 0x40);
        view.setUint16(6 + 4 * index, length);
      }
      return new Uint8Array(view.buffer);
    }
    default:
      return undefined;
  }
}
