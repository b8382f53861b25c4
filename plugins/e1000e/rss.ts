// Receive side scaling: 82574 Datasheet §7.1.11 (hash and redirection), §10.2.5.22 to §10.2.5.24 (its registers).
import { PROTOCOL, type Packet } from "./packet.ts";
import { R, RFCTL, RXCSUM } from "./registers.ts";

const ENABLE_MASK = 0x3;
const ENABLED = 0x1;
const FIELD = { ipv4Tcp: 0x1_0000, ipv4: 0x2_0000, ipv6TcpEx: 0x4_0000, ipv6Ex: 0x8_0000, ipv6: 0x10_0000 } as const;
const TYPE = { none: 0, ipv4Tcp: 1, ipv4: 2, ipv6TcpEx: 3, ipv6Ex: 4, ipv6: 5 } as const;

export interface ScalingResult {
  readonly type: number;
  readonly hash: number;
  readonly queue: 0 | 1;
}

export function isScaling(registers: Uint32Array): boolean {
  return (
    ((registers[R.MRQC] ?? 0) & ENABLE_MASK) === ENABLED &&
    ((registers[R.RXCSUM] ?? 0) & RXCSUM.noPacketChecksum) !== 0 &&
    ((registers[R.RFCTL] ?? 0) & RFCTL.extended) !== 0
  );
}

export function scale(registers: Uint32Array, frame: Uint8Array, packet: Packet | undefined): ScalingResult {
  const type = packet === undefined ? TYPE.none : typeOf(registers, packet);
  if (packet === undefined || type === TYPE.none) return { type: TYPE.none, hash: 0, queue: 0 };
  const ip = packet.linkLength;
  const ports = ip + packet.networkLength;
  const addresses = packet.family === "ipv4" ? frame.subarray(ip + 12, ip + 20) : frame.subarray(ip + 8, ip + 40);
  const withPorts = type === TYPE.ipv4Tcp || type === TYPE.ipv6TcpEx;
  const input = withPorts ? Uint8Array.of(...addresses, ...frame.subarray(ports, ports + 4)) : addresses;
  const hash = toeplitz(registers, input);
  const entry = (registers[R.RETA + ((hash & 0x7f) >>> 2)] ?? 0) >>> (8 * (hash & 3));
  return { type, hash, queue: (entry & 0x80) === 0 ? 0 : 1 };
}

function typeOf(registers: Uint32Array, packet: Packet): number {
  const fields = registers[R.MRQC] ?? 0;
  const isTcp = packet.protocol === PROTOCOL.tcp && !packet.isFragment;
  if (packet.family === "ipv4") {
    if (isTcp && (fields & FIELD.ipv4Tcp) !== 0) return TYPE.ipv4Tcp;
    return (fields & FIELD.ipv4) !== 0 ? TYPE.ipv4 : TYPE.none;
  }
  if (packet.family !== "ipv6") return TYPE.none;
  const ignoresExtensions = ((registers[R.RFCTL] ?? 0) & RFCTL.noIpv6Extensions) !== 0 && packet.hasExtensions;
  if (!ignoresExtensions) {
    if (isTcp && (fields & FIELD.ipv6TcpEx) !== 0) return TYPE.ipv6TcpEx;
    if ((fields & FIELD.ipv6Ex) !== 0) return TYPE.ipv6Ex;
  }
  return (fields & FIELD.ipv6) !== 0 ? TYPE.ipv6 : TYPE.none;
}

/** For each bit of the input that is set, the 32 bits of the key from there on. */
function toeplitz(registers: Uint32Array, input: Uint8Array): number {
  const keyByte = (index: number): number => ((registers[R.RSSRK + (index >>> 2)] ?? 0) >>> (8 * (index & 3))) & 0xff;
  let window = ((keyByte(0) << 24) | (keyByte(1) << 16) | (keyByte(2) << 8) | keyByte(3)) >>> 0;
  let hash = 0;
  for (const [index, byte] of input.entries()) {
    const next = keyByte(index + 4);
    for (let bit = 7; bit >= 0; bit--) {
      if ((byte & (1 << bit)) !== 0) hash = (hash ^ window) >>> 0;
      window = ((window << 1) | ((next >>> bit) & 1)) >>> 0;
    }
  }
  return hash;
}
