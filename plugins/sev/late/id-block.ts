// AMD SEV-SNP ABI §8.18 (SNP_LAUNCH_FINISH), tables "Structure of the ID Block" and "… ID Authentication Information":
// what a guest's owner has signed, which the launch must match.
import { createPublicKey, verify } from "node:crypto";
import { FIRMWARE } from "../firmware-error.ts";
import { FIELD_BYTES, fromField } from "./p384.ts";
import { DIGEST_BYTES } from "./snp-digest.ts";

const POLICY_AT = 0x58;
const KEY_ALGORITHM_AT = 0;
const BLOCK_SIGNATURE_AT = 0x40;
const KEY_AT = 0x240;
const KEY_SIGNATURE_AT = 0x680;
const AUTHOR_KEY_AT = 0x880;
const KEY_BYTES = 0x404;
const AUTH_BYTES = 4096;
const ECDSA_P384 = 1;

/** A signature over a message, both as the firmware has them. */
function isSigned(auth: Buffer, signatureAt: number, keyAt: number, message: Uint8Array): boolean {
  const field = (at: number): Buffer | undefined => fromField(auth.subarray(at, at + FIELD_BYTES));
  const r = field(signatureAt);
  const s = field(signatureAt + FIELD_BYTES);
  const x = field(keyAt + 4);
  const y = field(keyAt + 4 + FIELD_BYTES);
  if (r === undefined || s === undefined || x === undefined || y === undefined) return false;
  try {
    const jwk = { kty: "EC", crv: "P-384", x: x.toString("base64url"), y: y.toString("base64url") };
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return verify("sha384", message, { key, dsaEncoding: "ieee-p1363" }, Buffer.concat([r, s]));
  } catch {
    return false;
  }
}

/** A status of the firmware. */
export function checkIdBlock(request: {
  readonly block: Uint8Array;
  readonly auth: Uint8Array | undefined;
  readonly isAuthorKeyEnabled: boolean;
  readonly digest: Uint8Array;
  readonly policy: bigint;
}): number {
  const block = Buffer.from(request.block);
  const auth = Buffer.alloc(AUTH_BYTES);
  auth.set(request.auth ?? new Uint8Array());
  if (auth.readUInt32LE(KEY_ALGORITHM_AT) !== ECDSA_P384) return FIRMWARE.invalidParameter;
  if (!isSigned(auth, BLOCK_SIGNATURE_AT, KEY_AT, block)) return FIRMWARE.badSignature;
  const key = auth.subarray(KEY_AT, KEY_AT + KEY_BYTES);
  if (request.isAuthorKeyEnabled && !isSigned(auth, KEY_SIGNATURE_AT, AUTHOR_KEY_AT, key)) return FIRMWARE.badSignature;
  if (!block.subarray(0, DIGEST_BYTES).equals(request.digest)) return FIRMWARE.badMeasurement;
  return block.readBigUInt64LE(POLICY_AT) === request.policy ? FIRMWARE.success : FIRMWARE.policyFailure;
}
