// Headers that offloading looks at: IEEE 802.3 and 802.1Q (tags), RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP),
// RFC 768 (UDP).

export const ETHERNET_HEADER = 14;
export const VLAN_HEADER = 4;
const TAG = { customer: 0x8100, service: 0x88a8 } as const;
const ETHER_TYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;
export const PROTOCOL = { tcp: 6, udp: 17 } as const;
const IPV4_MINIMUM = 20;
const IPV6_LENGTH = 40;
/** Headers that may stand between IPv6's own and the next protocol's, and the length of one that is fixed. */
const EXTENSIONS = { hopByHop: 0, routing: 43, fragment: 44, destination: 60, authentication: 51 } as const;
const FRAGMENT_LENGTH = 8;

/** Where things are in a frame. What is not there has length 0. */
export interface Packet {
  readonly family: "ipv4" | "ipv6" | undefined;
  /** Of the Ethernet header with its tags. */
  readonly linkLength: number;
  /** Of the IP header with options or extensions. */
  readonly networkLength: number;
  readonly protocol: number;
  readonly isFragment: boolean;
  readonly hasExtensions: boolean;
}

export type Cast = "unicast" | "multicast" | "broadcast";

export function castOf(frame: Uint8Array): Cast {
  if (((frame[0] ?? 0) & 1) === 0) return "unicast";
  return frame.subarray(0, 6).every((byte) => byte === 0xff) ? "broadcast" : "multicast";
}

export function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Undefined: too short for what it says it is. */
export function parsePacket(frame: Uint8Array): Packet | undefined {
  if (frame.length < ETHERNET_HEADER) return undefined;
  const outer = read16(frame, 12);
  let linkLength = ETHERNET_HEADER;
  if (outer === TAG.customer || outer === TAG.service) {
    const needed = outer === TAG.service ? 2 * VLAN_HEADER : VLAN_HEADER;
    if (frame.length < ETHERNET_HEADER + needed) return undefined;
    linkLength += read16(frame, 16) === TAG.customer ? 2 * VLAN_HEADER : VLAN_HEADER;
  }
  const type = read16(frame, linkLength - 2);
  if (type === ETHER_TYPE.ipv4) return parseIpv4(frame, linkLength);
  if (type === ETHER_TYPE.ipv6) return parseIpv6(frame, linkLength);
  return { family: undefined, linkLength, networkLength: 0, protocol: 0, isFragment: false, hasExtensions: false };
}

function parseIpv4(frame: Uint8Array, linkLength: number): Packet | undefined {
  const networkLength = ((frame[linkLength] ?? 0) & 0xf) * 4;
  if (networkLength < IPV4_MINIMUM || frame.length < linkLength + networkLength) return undefined;
  return {
    family: "ipv4",
    linkLength,
    networkLength,
    protocol: frame[linkLength + 9] ?? 0,
    // More fragments, or an offset.
    isFragment: (read16(frame, linkLength + 6) & 0x3fff) !== 0,
    hasExtensions: false,
  };
}

function parseIpv6(frame: Uint8Array, linkLength: number): Packet | undefined {
  let networkLength = IPV6_LENGTH;
  if (frame.length < linkLength + networkLength) return undefined;
  let protocol = frame[linkLength + 6] ?? 0;
  let isFragment = false;
  const known: readonly number[] = Object.values(EXTENSIONS);
  while (known.includes(protocol)) {
    const at = linkLength + networkLength;
    if (frame.length < at + FRAGMENT_LENGTH) return undefined;
    isFragment ||= protocol === EXTENSIONS.fragment;
    const length = frame[at + 1] ?? 0;
    networkLength +=
      protocol === EXTENSIONS.fragment
        ? FRAGMENT_LENGTH
        : protocol === EXTENSIONS.authentication
          ? (length + 2) * 4
          : (length + 1) * 8;
    protocol = frame[at] ?? 0;
    if (frame.length < linkLength + networkLength) return undefined;
  }
  return {
    family: "ipv6",
    linkLength,
    networkLength,
    protocol,
    isFragment,
    hasExtensions: networkLength > IPV6_LENGTH,
  };
}

/** RFC 1071: the sum of 16-bit words, folded; the checksum is its complement. */
export function onesSum(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let sum = start;
  for (let at = from; at < to; at += 2) sum += at + 1 < to ? read16(bytes, at) : (bytes[at] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** Of the header that TCP and UDP sum up besides their own (RFC 9293 §3.1, RFC 8200 §8.1). */
export function pseudoHeaderSum(frame: Uint8Array, packet: Packet, length: number): number {
  const ip = packet.linkLength;
  const [from, to] = packet.family === "ipv4" ? [ip + 12, ip + 20] : [ip + 8, ip + 40];
  return onesSum(frame, from, to, packet.protocol + (length & 0xffff) + (length >>> 16));
}

export function writeIpv4Checksum(frame: Uint8Array, { linkLength, networkLength }: Packet): void {
  write16(frame, linkLength + 10, 0);
  write16(frame, linkLength + 10, ~onesSum(frame, linkLength, linkLength + networkLength) & 0xffff);
}

/** TCP's or UDP's; false where the frame is too short to have one, true also where the protocol has none. */
export function writeTransportChecksum(frame: Uint8Array, packet: Packet): boolean {
  const start = packet.linkLength + packet.networkLength;
  const length = frame.length - start;
  const isTcp = packet.protocol === PROTOCOL.tcp;
  if (packet.family === undefined || (!isTcp && packet.protocol !== PROTOCOL.udp)) return true;
  if (length < (isTcp ? 20 : 8)) return false;
  const at = start + (isTcp ? 16 : 6);
  write16(frame, at, 0);
  const sum = ~onesSum(frame, start, frame.length, pseudoHeaderSum(frame, packet, length)) & 0xffff;
  // A zero would say that there is none.
  write16(frame, at, sum === 0 ? 0xffff : sum);
  return true;
}
