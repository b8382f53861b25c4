// What a descriptor says of the frame in its buffers: 82574 Datasheet §7.1.4 (legacy), §7.1.5 (extended), §7.1.6 (split).
import { onesSum, PROTOCOL, pseudoHeaderSum, read16, type Packet } from "./packet.ts";
import { R, RFCTL, RXCSUM } from "./registers.ts";
import type { ScalingResult } from "./rss.ts";

export const RECEIVED = {
  done: 0x1,
  endOfPacket: 0x2,
  vlan: 0x8,
  udpChecked: 0x10,
  transportChecked: 0x20,
  ipChecked: 0x40,
  identification: 0x200,
  acknowledge: 0x8000,
  transportError: 0x2000_0000,
  ipError: 0x4000_0000,
} as const;
/** §7.1.5.2, packet types, in their place. */
const KIND = { ipv4: 0x1_0000, ipv4Transport: 0x2_0000, ipv6: 0x5_0000, ipv6Transport: 0x6_0000 } as const;
const TCP_ACKNOWLEDGE = 0x10;

export interface ReceiveStatus {
  readonly status: number;
  readonly tag: number;
  /** The hash, or the IP identification in its upper half. */
  readonly hash: number;
  readonly scaling: number;
}

export const UNFINISHED: ReceiveStatus = { status: RECEIVED.done, tag: 0, hash: 0, scaling: 0 };

/** A TCP segment that acknowledges; with RFCTL's wish only one without data. */
export function isAcknowledge(registers: Uint32Array, frame: Uint8Array, packet: Packet | undefined): boolean {
  if (packet === undefined || packet.protocol !== PROTOCOL.tcp || !isTransport(frame, packet)) return false;
  const tcp = packet.linkLength + packet.networkLength;
  if (((frame[tcp + 13] ?? 0) & TCP_ACKNOWLEDGE) === 0) return false;
  if (((registers[R.RFCTL] ?? 0) & RFCTL.acknowledgeDataOff) === 0) return true;
  return transportLength(frame, packet) === ((frame[tcp + 12] ?? 0) >>> 4) * 4;
}

export function statusOf(
  registers: Uint32Array,
  frame: Uint8Array,
  packet: Packet | undefined,
  scaling: ScalingResult | undefined,
  tag: number | undefined,
): ReceiveStatus {
  let status = RECEIVED.done | RECEIVED.endOfPacket;
  let hash = 0;
  if (tag !== undefined) status |= RECEIVED.vlan;
  if (((registers[R.RXCSUM] ?? 0) & RXCSUM.noPacketChecksum) !== 0) {
    hash = scaling?.hash ?? 0;
  } else if (packet?.family === "ipv4") {
    status |= RECEIVED.identification;
    hash = read16(frame, packet.linkLength + 4);
  }
  if (isAcknowledge(registers, frame, packet)) status |= RECEIVED.acknowledge;
  status |= kindOf(registers, frame, packet);
  const filter = registers[R.RFCTL] ?? 0;
  if (packet?.family !== "ipv6" || (filter & RFCTL.noIpv6Checksum) === 0) status |= checked(registers, frame, packet);
  const queue = scaling === undefined ? 0 : scaling.type | (scaling.queue << 8);
  return { status: status >>> 0, tag: tag ?? 0, hash, scaling: queue };
}

function kindOf(registers: Uint32Array, frame: Uint8Array, packet: Packet | undefined): number {
  if (packet?.family === undefined) return 0;
  if (packet.family === "ipv6" && ((registers[R.RFCTL] ?? 0) & RFCTL.noIpv6) !== 0) return 0;
  const hasTransport = isTransport(frame, packet);
  if (packet.family === "ipv4") return hasTransport ? KIND.ipv4Transport : KIND.ipv4;
  return hasTransport ? KIND.ipv6Transport : KIND.ipv6;
}

/** The header of TCP or UDP is there in full. */
export function isTransport(frame: Uint8Array, packet: Packet): boolean {
  const { protocol, isFragment, linkLength, networkLength } = packet;
  const needed = protocol === PROTOCOL.tcp ? 20 : protocol === PROTOCOL.udp ? 8 : Infinity;
  return !isFragment && frame.length >= linkLength + networkLength + needed;
}

/** §7.1.10: what was summed up, and whether it was right. */
function checked(registers: Uint32Array, frame: Uint8Array, packet: Packet | undefined): number {
  if (packet?.family === undefined) return 0;
  const wanted = registers[R.RXCSUM] ?? 0;
  const { linkLength, networkLength } = packet;
  let status = 0;
  if ((wanted & RXCSUM.ip) !== 0 && packet.family === "ipv4") {
    const isRight = onesSum(frame, linkLength, linkLength + networkLength) === 0xffff;
    status |= RECEIVED.ipChecked | (isRight ? 0 : RECEIVED.ipError);
  }
  if ((wanted & RXCSUM.transport) === 0 || !isTransport(frame, packet)) return status;
  const start = linkLength + networkLength;
  const isUdp = packet.protocol === PROTOCOL.udp;
  // A UDP checksum of zero is none (RFC 768).
  if (isUdp && read16(frame, start + 6) === 0) return status;
  // What a frame that ends early lacks is not summed up, but its length is as the headers have it.
  const length = isUdp ? read16(frame, start + 4) : transportLength(frame, packet);
  const end = Math.min(frame.length, start + length);
  const sum = onesSum(frame, start, end, pseudoHeaderSum(frame, packet, length));
  status |= RECEIVED.transportChecked | (sum === 0xffff ? 0 : RECEIVED.transportError);
  return isUdp ? status | RECEIVED.udpChecked : status;
}

/** As IP has it: a short frame is padded behind. */
function transportLength(frame: Uint8Array, { family, linkLength, networkLength }: Packet): number {
  const said =
    family === "ipv4"
      ? read16(frame, linkLength + 2) - networkLength
      : read16(frame, linkLength + 4) - (networkLength - 40);
  return Math.max(0, said);
}
