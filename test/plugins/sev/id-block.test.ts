// The identity that a guest's owner has signed. The block is one of virtee/sev-snp-measure (Apache-2.0),
// tests/test_id_block.py; its key is published as well, but a signature with it is not: ours is made here.
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { checkIdBlock } from "../../../plugins/sev/late/id-block.ts";

const BLOCK = Buffer.from(
  "B28FLQi9p6cAqipgjFyqawDrrSl7bWioWkWx5mmlWLZ+G5HShKMB/mPE+gdQRn7tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAwAAAAAA",
  "base64",
);
const DIGEST = Buffer.from("B28FLQi9p6cAqipgjFyqawDrrSl7bWioWkWx5mmlWLZ+G5HShKMB/mPE+gdQRn7t", "base64");
const POLICY = 0x30000n;

/** A number of the firmware: little-endian, in 72 bytes. */
function field(bigEndian: Uint8Array): Buffer {
  const bytes = Buffer.alloc(72);
  Buffer.from(bigEndian.toReversed()).copy(bytes);
  return bytes;
}

function keyStructure(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: "jwk" });
  const bytes = Buffer.alloc(0x404);
  bytes.writeUInt32LE(2);
  field(Buffer.from(x ?? "", "base64url")).copy(bytes, 4);
  field(Buffer.from(y ?? "", "base64url")).copy(bytes, 76);
  return bytes;
}

function signature(message: Uint8Array, key: KeyObject): Buffer {
  const raw = sign("sha384", message, { key, dsaEncoding: "ieee-p1363" });
  return Buffer.concat([field(raw.subarray(0, 48)), field(raw.subarray(48))]);
}

const identity = generateKeyPairSync("ec", { namedCurve: "P-384" });
const author = generateKeyPairSync("ec", { namedCurve: "P-384" });

function authentication(block: Uint8Array = BLOCK): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(1, 4);
  const key = keyStructure(identity.publicKey);
  signature(block, identity.privateKey).copy(bytes, 0x40);
  key.copy(bytes, 0x240);
  signature(key, author.privateKey).copy(bytes, 0x680);
  keyStructure(author.publicKey).copy(bytes, 0x880);
  return bytes;
}

const request = { block: BLOCK, auth: authentication(), isAuthorKeyEnabled: true, digest: DIGEST, policy: POLICY };

describe("an ID block", () => {
  test("that is signed, by a key that the author has signed, is taken", () => {
    expect(checkIdBlock(request)).toBe(0);
    expect(checkIdBlock({ ...request, isAuthorKeyEnabled: false })).toBe(0);
  });

  test.each([
    ["no authentication", { auth: undefined }, 22],
    ["an altered signature", { auth: Buffer.from(request.auth).fill(1, 0x40, 0x44) }, 10],
    ["the signature of another block", { auth: authentication(Buffer.alloc(96)) }, 10],
    ["a key that the author has not signed", { auth: Buffer.from(request.auth).fill(1, 0x680, 0x684) }, 10],
    ["a point that is not on the curve", { auth: Buffer.from(request.auth).fill(1, 0x244, 0x248) }, 10],
    ["another digest", { digest: Buffer.alloc(48) }, 11],
    ["another policy", { policy: 0x20000n }, 7],
  ])("with %s is refused", (_what, change, status) => {
    expect(checkIdBlock({ ...request, ...change })).toBe(status);
  });
});
