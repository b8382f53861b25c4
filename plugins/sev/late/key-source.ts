import { createHmac, randomBytes } from "node:crypto";

/** Where keys, nonces and identities come from. */
export interface KeySource {
  bytes(label: string, length: number): Buffer;
}

/** Other bytes for every platform; on one platform the same for the same label. */
export function randomKeys(): KeySource {
  return seededKeys(randomBytes(32).toString("hex"));
}

/** The same bytes for the same seed and label, every time: HMAC-SHA-256 in counter mode. */
export function seededKeys(seed: string): KeySource {
  return {
    bytes(label, length) {
      const blocks: Buffer[] = [];
      for (let at = 0; at * 32 < length; at++) {
        blocks.push(createHmac("sha256", seed).update(`${label}\0${at}`).digest());
      }
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}
