// AMD SEV API §6.6 (LAUNCH_SECRET). The header: flags, IV, HMAC(0x01 || FLAGS || IV || GUEST_LENGTH || TRANS_LENGTH ||
// DATA || MEASURE; TIK); the data: AES-128-CTR by TEK.
import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { FIRMWARE } from "../firmware-error.ts";
import type { TransportKeys } from "./session.ts";

const CONTEXT = 0x01;
export const HEADER_BYTES = 52;
const COMPRESSED = 0x1;
const MOST_BYTES = 0x4000;
const GRANULE = 16;

export interface SecretPacket {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
  readonly keys: TransportKeys;
  readonly measurement: Uint8Array;
}

/** The secret; or what the firmware says of a packet that it does not take. */
export function openSecret({ header, data, keys, measurement }: SecretPacket): Buffer | number {
  if (header.length < HEADER_BYTES) return FIRMWARE.invalidLength;
  if (data.length === 0 || data.length > MOST_BYTES || data.length % GRANULE !== 0) return FIRMWARE.invalidLength;
  const head = Buffer.from(header.buffer, header.byteOffset, HEADER_BYTES);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(data.length, 0);
  lengths.writeUInt32LE(data.length, 4);
  const mac = createHmac("sha256", keys.integrity).update(Uint8Array.of(CONTEXT)).update(head.subarray(0, 20));
  const expected = mac.update(lengths).update(data).update(measurement).digest();
  if (!timingSafeEqual(expected, head.subarray(20, HEADER_BYTES))) return FIRMWARE.badMeasurement;
  if ((head.readUInt32LE(0) & COMPRESSED) !== 0) return FIRMWARE.unsupported;
  return createDecipheriv("aes-128-ctr", keys.encryption, head.subarray(4, 20)).update(data);
}
