// AMD SEV API, appendix C.1: SEV certificates. 2084 bytes: version, usage and algorithm of the key, the key, two signatures.
import { FIELD_BYTES, fromField, toField, type P384Key, type Point } from "./p384.ts";

export const CERTIFICATE_BYTES = 0x824;
export const USAGE = {
  ownerCa: 0x1001,
  endorsement: 0x1002,
  diffieHellman: 0x1003,
  chip: 0x1004,
  none: 0x1000,
} as const;
const ALGORITHM = { ecdsa256: 2, ecdh256: 3, ecdh384: 0x103 } as const;
const CURVE_P384 = 2;
const AT = { version: 0, apiMajor: 4, apiMinor: 5, usage: 8, algorithm: 12, key: 16, firstSignature: 0x414 } as const;
const SIGNATURE_BYTES = 0x208;

export interface CertificateRequest {
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly usage: number;
  readonly key: P384Key;
  /** At most two. */
  readonly signers: readonly { readonly usage: number; readonly key: P384Key }[];
}

export function makeCertificate({ apiMajor, apiMinor, usage, key, signers }: CertificateRequest): Buffer {
  const bytes = Buffer.alloc(CERTIFICATE_BYTES);
  bytes.writeUInt32LE(1, AT.version);
  bytes.writeUInt8(apiMajor, AT.apiMajor);
  bytes.writeUInt8(apiMinor, AT.apiMinor);
  bytes.writeUInt32LE(usage, AT.usage);
  bytes.writeUInt32LE(usage === USAGE.diffieHellman ? ALGORITHM.ecdh256 : ALGORITHM.ecdsa256, AT.algorithm);
  bytes.writeUInt32LE(CURVE_P384, AT.key);
  toField(key.publicPoint.x).copy(bytes, AT.key + 4);
  toField(key.publicPoint.y).copy(bytes, AT.key + 4 + FIELD_BYTES);
  const signed = Buffer.from(bytes.subarray(0, AT.firstSignature));
  for (const slot of [0, 1]) {
    const signer = signers[slot];
    const at = AT.firstSignature + slot * SIGNATURE_BYTES;
    bytes.writeUInt32LE(signer?.usage ?? USAGE.none, at);
    if (signer === undefined) continue;
    bytes.writeUInt32LE(ALGORITHM.ecdsa256, at + 4);
    const { r, s } = signer.key.sign(signed);
    toField(r).copy(bytes, at + 8);
    toField(s).copy(bytes, at + 8 + FIELD_BYTES);
  }
  return bytes;
}

/** The public key of a guest owner's certificate; undefined where it is not one for Diffie-Hellman on P-384. */
export function diffieHellmanKey(certificate: Uint8Array): Point | undefined {
  if (certificate.length !== CERTIFICATE_BYTES) return undefined;
  const bytes = Buffer.from(certificate.buffer, certificate.byteOffset, certificate.byteLength);
  const algorithm = bytes.readUInt32LE(AT.algorithm);
  if (bytes.readUInt32LE(AT.version) !== 1 || bytes.readUInt32LE(AT.key) !== CURVE_P384) return undefined;
  if (algorithm !== ALGORITHM.ecdh256 && algorithm !== ALGORITHM.ecdh384) return undefined;
  const x = fromField(bytes.subarray(AT.key + 4, AT.key + 4 + FIELD_BYTES));
  const y = fromField(bytes.subarray(AT.key + 4 + FIELD_BYTES, AT.key + 4 + 2 * FIELD_BYTES));
  return x === undefined || y === undefined ? undefined : { x, y };
}
