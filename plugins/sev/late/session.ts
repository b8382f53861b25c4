// AMD SEV API §2.2 ("Keys") and §6.2.1 (LAUNCH_START, session data): how a guest's owner hands transport keys to the
// firmware. Keys are derived as NIST SP 800-108 §5.1 has it, in counter mode with HMAC-SHA-256.
import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";

export const KEY_BYTES = 16;
export const SESSION_BYTES = 128;

/** What a guest's owner and the firmware share: secrets are encrypted with one, measurements are keyed with the other. */
export interface TransportKeys {
  readonly encryption: Buffer;
  readonly integrity: Buffer;
}

export function deriveKey(key: Uint8Array, label: string, context: Uint8Array, length = KEY_BYTES): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(1);
  const bits = Buffer.alloc(4);
  bits.writeUInt32LE(length * 8);
  const mac = createHmac("sha256", key).update(counter).update(label).update(Uint8Array.of(0)).update(context);
  return mac.update(bits).digest().subarray(0, length);
}

const hmac = (key: Uint8Array, data: Uint8Array): Buffer => createHmac("sha256", key).update(data).digest();

/** The keys in a session, by the shared secret of both sides; undefined where they are not for this policy, or altered. */
export function openSession(session: Uint8Array, shared: Uint8Array, policy: number): TransportKeys | undefined {
  if (session.length !== SESSION_BYTES) return undefined;
  const bytes = Buffer.from(session.buffer, session.byteOffset, session.byteLength);
  const nonce = bytes.subarray(0, 16);
  const wrapped = bytes.subarray(16, 48);
  const iv = bytes.subarray(48, 64);
  const wrapMac = bytes.subarray(64, 96);
  const policyMac = bytes.subarray(96, 128);
  const master = deriveKey(shared, "sev-master-secret", nonce);
  const none = new Uint8Array();
  if (!timingSafeEqual(hmac(deriveKey(master, "sev-kik", none), wrapped), wrapMac)) return undefined;
  const keys = createDecipheriv("aes-128-ctr", deriveKey(master, "sev-kek", none), iv).update(wrapped);
  const integrity = keys.subarray(KEY_BYTES, 2 * KEY_BYTES);
  const policyBytes = Buffer.alloc(4);
  policyBytes.writeUInt32LE(policy);
  if (!timingSafeEqual(hmac(integrity, policyBytes), policyMac)) return undefined;
  return { encryption: keys.subarray(0, KEY_BYTES), integrity };
}
