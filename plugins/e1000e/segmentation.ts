// What is too long for one frame goes out in several: TCP segmentation (82574 Datasheet §7.3.6) and, as the same command
// does for UDP, fragments of IPv4 (RFC 791 §3.2).
import { PROTOCOL, read16, write16, writeIpv4Checksum, writeTransportChecksum, type Packet } from "./packet.ts";

const LARGEST_DATAGRAM = 0xffff;
const TCP_MINIMUM = 20;
const FLAGS_AT = 13;
const TCP_FLAGS = { fin: 0x01, push: 0x08, congestionReduced: 0x80 } as const;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

/** Calls `send` for each part; false: it is no packet that can be divided. `frame` is changed. */
export function segment(frame: Uint8Array, packet: Packet, size: number, send: (part: Uint8Array) => void): boolean {
  const headers = packet.linkLength + packet.networkLength;
  const payload = frame.length - headers;
  const isTcp = packet.family !== undefined && packet.protocol === PROTOCOL.tcp;
  const isUdp = packet.family === "ipv4" && packet.protocol === PROTOCOL.udp;
  if (!isTcp && !isUdp) {
    if (!writeTransportChecksum(frame, packet)) return false;
    send(frame);
    return true;
  }
  if (isTcp && (payload < TCP_MINIMUM || tcpLength(frame, headers) < TCP_MINIMUM)) return false;
  if (isUdp && payload < 8) return false;
  if (payload > LARGEST_DATAGRAM - packet.networkLength) return false;
  if (isTcp) return segmentTcp(frame, packet, size, send);
  writeTransportChecksum(frame, packet);
  fragmentIpv4(frame, packet, size & ~7, send);
  return true;
}

function tcpLength(frame: Uint8Array, at: number): number {
  return ((frame[at + 12] ?? 0) >>> 4) * 4;
}

function segmentTcp(frame: Uint8Array, packet: Packet, size: number, send: (part: Uint8Array) => void): boolean {
  const tcp = packet.linkLength + packet.networkLength;
  const headers = tcp + tcpLength(frame, tcp);
  if (headers > frame.length) return false;
  if (size === 0) return true;
  let sequence = read16(frame, tcp + 4) * 0x1_0000 + read16(frame, tcp + 6);
  let identification = read16(frame, packet.linkLength + 4);
  for (let at = headers; at < frame.length; at += size) {
    const data = frame.subarray(at, Math.min(at + size, frame.length));
    const part = new Uint8Array(headers + data.length);
    part.set(frame.subarray(0, headers));
    part.set(data, headers);
    const cleared = TCP_FLAGS.fin | TCP_FLAGS.push | (at === headers ? 0 : TCP_FLAGS.congestionReduced);
    part[tcp + FLAGS_AT] = (part[tcp + FLAGS_AT] ?? 0) & ~cleared;
    write16(part, tcp + 4, Math.floor(sequence / 0x1_0000) & 0xffff);
    write16(part, tcp + 6, sequence & 0xffff);
    if (packet.family === "ipv4") {
      write16(part, packet.linkLength + 2, part.length - packet.linkLength);
      write16(part, packet.linkLength + 4, identification);
      writeIpv4Checksum(part, packet);
    } else {
      write16(part, packet.linkLength + 4, part.length - packet.linkLength - 40);
    }
    writeTransportChecksum(part, packet);
    send(part);
    sequence = (sequence + data.length) % 2 ** 32;
    identification = (identification + 1) & 0xffff;
  }
  return true;
}

function fragmentIpv4(frame: Uint8Array, packet: Packet, size: number, send: (part: Uint8Array) => void): void {
  if (size === 0) return;
  const headers = packet.linkLength + packet.networkLength;
  const kept = read16(frame, packet.linkLength + 6) & ~(FRAGMENT_OFFSET | MORE_FRAGMENTS);
  for (let at = headers; at < frame.length; at += size) {
    const end = Math.min(at + size, frame.length);
    const part = new Uint8Array(headers + end - at);
    part.set(frame.subarray(0, headers));
    part.set(frame.subarray(at, end), headers);
    write16(part, packet.linkLength + 2, part.length - packet.linkLength);
    write16(part, packet.linkLength + 6, kept | ((at - headers) >>> 3) | (end < frame.length ? MORE_FRAGMENTS : 0));
    writeIpv4Checksum(part, packet);
    send(part);
  }
}
