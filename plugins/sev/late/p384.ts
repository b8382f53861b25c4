// The curve P-384 (FIPS 186-4 D.1.2.4): Diffie-Hellman, and ECDSA whose nonce comes of key and message, so that a signature
// can be repeated.
import { createECDH, createHash, createHmac } from "node:crypto";

const ORDER = BigInt(
  "0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
);
const COORDINATE_BYTES = 48;

export interface Point {
  /** Big-endian. */
  readonly x: Buffer;
  readonly y: Buffer;
}

export interface Signature {
  readonly r: bigint;
  readonly s: bigint;
}

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(COORDINATE_BYTES * 2, "0"), "hex");

function multiplyBase(scalar: bigint): Point {
  const curve = createECDH("secp384r1");
  curve.setPrivateKey(toBytes(scalar));
  return split(curve.getPublicKey());
}

function split(uncompressed: Buffer): Point {
  return { x: uncompressed.subarray(1, 1 + COORDINATE_BYTES), y: uncompressed.subarray(1 + COORDINATE_BYTES) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % ORDER, rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % ORDER;
    square = (square * square) % ORDER;
  }
  return result;
}

/** The order is prime. */
const invert = (value: bigint): bigint => power(value, ORDER - 2n);

export class P384Key {
  readonly #scalar: bigint;
  readonly publicPoint: Point;

  /** Of 48 bytes or more, however they came about. */
  constructor(secret: Uint8Array) {
    this.#scalar = (toNumber(secret) % (ORDER - 1n)) + 1n;
    this.publicPoint = multiplyBase(this.#scalar);
  }

  /** The shared secret: the x-coordinate, big-endian. Throws where the point is not on the curve. */
  agree({ x, y }: Point): Buffer {
    const curve = createECDH("secp384r1");
    curve.setPrivateKey(toBytes(this.#scalar));
    return curve.computeSecret(Buffer.concat([Uint8Array.of(4), x, y]));
  }

  /** Over the SHA-256 of the message. */
  sign(message: Uint8Array): Signature {
    const digest = createHash("sha256").update(message).digest();
    const nonce = createHmac("sha512", toBytes(this.#scalar)).update(digest).digest();
    const k = (toNumber(nonce) % (ORDER - 1n)) + 1n;
    const r = toNumber(multiplyBase(k).x) % ORDER;
    const s = (invert(k) * (toNumber(digest) + r * this.#scalar)) % ORDER;
    return { r, s };
  }
}

/** Numbers in certificates and reports of the secure processor are little-endian, in fields of 72 bytes. */
export const FIELD_BYTES = 72;

export function toField(value: bigint | Uint8Array): Buffer {
  const bytes = Buffer.alloc(FIELD_BYTES);
  const number = typeof value === "bigint" ? toBytes(value) : Buffer.from(value);
  Buffer.from(number.toReversed()).copy(bytes);
  return bytes;
}

/** The coordinate in such a field; undefined where it is longer than a coordinate. */
export function fromField(field: Uint8Array): Buffer | undefined {
  if (field.subarray(COORDINATE_BYTES).some((byte) => byte !== 0)) return undefined;
  return Buffer.from(field.subarray(0, COORDINATE_BYTES).toReversed());
}
