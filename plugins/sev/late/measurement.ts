// AMD SEV API §6.5.1 (LAUNCH_MEASURE): HMAC(0x04 || API_MAJOR || API_MINOR || BUILD || POLICY || DIGEST || MNONCE; TIK).
import { createHmac } from "node:crypto";

const CONTEXT = 0x04;
export const NONCE_BYTES = 16;

export interface Measured {
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly buildId: number;
  readonly policy: number;
  /** SHA-256 of everything that was loaded, in order. */
  readonly digest: Uint8Array;
  readonly nonce: Uint8Array;
}

export function launchMeasurement(integrityKey: Uint8Array, measured: Measured): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(CONTEXT, 0);
  head.writeUInt8(measured.apiMajor, 1);
  head.writeUInt8(measured.apiMinor, 2);
  head.writeUInt8(measured.buildId, 3);
  head.writeUInt32LE(measured.policy, 4);
  return createHmac("sha256", integrityKey).update(head).update(measured.digest).update(measured.nonce).digest();
}
