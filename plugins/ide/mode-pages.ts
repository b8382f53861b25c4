// MODE SENSE (10): SPC-3 (T10/1416-D) §6.10; pages: MMC-5 (T10/1675-D) §7.
import type { PacketReply } from "./packets.ts";
import { ASC, SENSE } from "./sense.ts";

const PAGE = { errorRecovery: 0x01, audio: 0x0e, capabilities: 0x2a } as const;
const CURRENT = 0;
const SAVED = 3;
/** Data CD door closed. */
const MEDIUM_TYPE = 0x70;

export function modeSense(locked: boolean, packet: Uint8Array): PacketReply {
  const control = (packet[2] ?? 0) >> 6;
  if (control === SAVED) return { kind: "fail", sense: SENSE.illegalRequest, code: ASC.savingUnsupported };
  const page = control === CURRENT ? pageOf((packet[2] ?? 0) & 0x3f, locked) : undefined;
  if (page === undefined) return { kind: "fail", sense: SENSE.illegalRequest, code: ASC.invalidField };
  const header = [0, page.length + 6, MEDIUM_TYPE, 0, 0, 0, 0, 0];
  const limit = ((packet[7] ?? 0) << 8) | (packet[8] ?? 0);
  return { kind: "data", data: Uint8Array.of(...header, ...page), limit };
}

function pageOf(code: number, locked: boolean): number[] | undefined {
  switch (code) {
    case PAGE.errorRecovery:
      return [code, 6, 0, 5, 0, 0, 0, 0];
    case PAGE.audio:
      return [code, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    case PAGE.capabilities: {
      const mechanism = (1 << 0) | (locked ? 1 << 1 : 0) | (1 << 3) | (1 << 5);
      // Speeds of 704 KB/s, two levels of volume, a buffer of 512 KB.
      return [code, 20, 0x3b, 0, 0x71, 3 << 5, mechanism, 0, 0x02, 0xc0, 0, 2, 0x02, 0, 0x02, 0xc0, 0, 0, 0, 0, 0, 0];
    }
    default:
      return undefined;
  }
}
