// A guest's owner hands over transport keys: certificate and session in files, as sevctl and sevtool write them.
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Machine, type LogRecord, type OptionValues } from "backplane";
import { testDefinition, withMachine } from "backplane/kit";
import { CERTIFICATE_BYTES, makeCertificate, USAGE, diffieHellmanKey } from "../../../plugins/sev/late/certificate.ts";
import { launchMeasurement } from "../../../plugins/sev/late/measurement.ts";
import { P384Key, fromField, type Point } from "../../../plugins/sev/late/p384.ts";
import { deriveKey } from "../../../plugins/sev/late/session.ts";
import { bytesOf, encrypted, encryptedType, run } from "./encrypted-machine.ts";
import { withFile, withOddFile } from "./ovmf-image.ts";

const owner = new P384Key(Buffer.alloc(48, 3));
const encryption = Buffer.alloc(16, 0xe1);
const integrity = Buffer.alloc(16, 0x11);
const POLICY = 1;

/** The owner's side of the agreement: keys wrapped for the holder of the platform's key. */
function session(platform: Point, policy = POLICY): Buffer {
  const shared = owner.agree(platform);
  const nonce = Buffer.alloc(16, 0x22);
  const iv = Buffer.alloc(16, 0x33);
  const policyBytes = Buffer.alloc(4);
  policyBytes.writeUInt32LE(policy);
  const master = deriveKey(shared, "sev-master-secret", nonce);
  const kek = deriveKey(master, "sev-kek", Buffer.alloc(0));
  const kik = deriveKey(master, "sev-kik", Buffer.alloc(0));
  const wrapped = createCipheriv("aes-128-ctr", kek, iv).update(Buffer.concat([encryption, integrity]));
  const mac = (key: Buffer, data: Buffer): Buffer => createHmac("sha256", key).update(data).digest();
  return Buffer.concat([nonce, wrapped, iv, mac(kik, wrapped), mac(integrity, policyBytes)]);
}

const certificate = makeCertificate({
  apiMajor: 0,
  apiMinor: 17,
  usage: USAGE.diffieHellman,
  key: owner,
  signers: [{ usage: USAGE.diffieHellman, key: owner }],
});

/** What the platform tells of itself, before there is any guest. */
async function platformKey(): Promise<Point> {
  const options = encrypted({ machine: { "confidential-guest-support": "" } });
  return withMachine(options, async (machine) => {
    const key = diffieHellmanKey(bytesOf(await run(machine, "query-sev-capabilities"), "pdh"));
    if (key === undefined) throw new Error("the platform's certificate is none");
    return key;
  });
}

async function launch(files: { certificate?: Buffer; session?: Buffer }, use: (data: Buffer) => void): Promise<void> {
  const text = (bytes: Buffer | undefined): string => (bytes ?? Buffer.alloc(0)).toString("base64");
  await withFile(text(files.certificate), (dh) =>
    withFile(text(files.session), (blob) => {
      const guest = {
        ...(files.certificate === undefined ? {} : { "dh-cert-file": dh }),
        ...(files.session === undefined ? {} : { "session-file": blob }),
      };
      return withMachine(encrypted({ guest }), async (machine) => {
        use(bytesOf(await run(machine, "query-sev-launch-measure")));
      });
    }),
  );
}

/** What is told of a guest that cannot be launched. */
async function launchLog(guest: OptionValues): Promise<string[]> {
  const log: string[] = [];
  const { type: _type, ...definition } = encrypted({ guest });
  const options = { types: [encryptedType], log: ({ message }: LogRecord) => void log.push(message) };
  await expect(Machine.create(testDefinition(definition), options)).rejects.toThrow(
    "failed to create encryption context",
  );
  return log;
}

describe("a session", () => {
  test("is opened, and its key is the measurement's", async () => {
    await launch({ certificate, session: session(await platformKey()) }, (data) => {
      const digest = createHash("sha256")
        .update(Buffer.alloc(256 * 1024))
        .digest();
      const measured = { apiMajor: 1, apiMinor: 55, buildId: 21, policy: POLICY, digest, nonce: data.subarray(32) };
      expect(data.subarray(0, 32)).toEqual(launchMeasurement(integrity, measured));
    });
  });

  test("for another policy is refused", async () => {
    const files = { certificate, session: session(await platformKey(), 3) };
    await expect(launch(files, () => undefined)).rejects.toThrow("failed to create encryption context");
  });

  test("for another platform is refused", async () => {
    const files = { certificate, session: session(new P384Key(Buffer.alloc(48, 9)).publicPoint) };
    await expect(launch(files, () => undefined)).rejects.toThrow("failed to create encryption context");
  });

  test("without a certificate, and a certificate that is none, are refused", async () => {
    const blob = session(await platformKey());
    await expect(launch({ session: blob }, () => undefined)).rejects.toThrow("encryption context");
    await expect(
      launch({ certificate: Buffer.alloc(CERTIFICATE_BYTES), session: blob }, () => undefined),
    ).rejects.toThrow("encryption context");
  });

  test.each([
    ["session-file", "/nosuch/file", "Failed to open file “/nosuch/file”: No such file or directory"],
    ["dh-cert-file", "/nosuch/file", "Failed to open file “/nosuch/file”: No such file or directory"],
    ["dh-cert-file", "", "Failed to open file “”: No such file or directory"],
  ])("in a %s that is not there is told of: %j", async (property, file, reason) => {
    expect(await launchLog({ [property]: file })).toContain(`SEV: Failed to read '${file}' (${reason})`);
  });

  test.each([
    ["a pipe", "Not a regular file"],
    ["a device without end", "Not a regular file"],
    ["a folder", "Is a directory"],
    ["a file that is too long", "More than 1048576 bytes"],
  ])("in %s is refused before it is read", (what, reason) =>
    withOddFile(what, async (file) => {
      const text = `SEV: Failed to read '${file}' (Failed to read from file “${file}”: ${reason})`;
      for (const property of ["session-file", "dh-cert-file"]) {
        expect(await launchLog({ [property]: file })).toContain(text);
      }
    }),
  );

  test("that is longer than the kernel copies is refused by it", () =>
    withFile("A".repeat(32 * 1024), async (file) => {
      expect(await launchLog({ "session-file": file })).toContain("sev_launch_start: LAUNCH_START ret=1 fw_error=0 ''");
    }));
});

describe("the platform", () => {
  test("is the same one for as long as the machine lives, also without a seed", () =>
    withMachine(encrypted({ sev: { host: { seed: undefined } } }), async (machine) => {
      const first = await run(machine, "query-sev-capabilities");
      expect(await run(machine, "query-sev-capabilities")).toEqual(first);
    }));

  test("has certificates that a chain of keys has signed", async () => {
    const { pdh, chain } = await withMachine(
      encrypted({ machine: { "confidential-guest-support": "" } }),
      async (machine) => {
        const reply = await run(machine, "query-sev-capabilities");
        expect(reply).toMatchObject({ cbitpos: 51, "reduced-phys-bits": 1 });
        expect(bytesOf(reply, "cpu0-id")).toHaveLength(64);
        return {
          pdh: bytesOf(reply, "pdh"),
          chain: bytesOf(reply, "cert-chain"),
        };
      },
    );
    expect([pdh.length, chain.length]).toEqual([CERTIFICATE_BYTES, 3 * CERTIFICATE_BYTES]);
    expect(await verifies(pdh, chain.subarray(0, CERTIFICATE_BYTES))).toBe(true);
    const ownerCa = chain.subarray(CERTIFICATE_BYTES, 2 * CERTIFICATE_BYTES);
    expect(await verifies(chain.subarray(0, CERTIFICATE_BYTES), ownerCa)).toBe(true);
    expect(await verifies(ownerCa, ownerCa)).toBe(true);
    expect(await verifies(pdh, ownerCa)).toBe(false);
  });

  test("reports what a guest is, with its signature", () =>
    withMachine(encrypted(), async (machine) => {
      const nonce = Buffer.alloc(16, 5);
      const report = bytesOf(await run(machine, "query-sev-attestation-report", { mnonce: nonce.toString("base64") }));
      expect(report).toHaveLength(0xd0);
      expect(report.subarray(0, 16)).toEqual(nonce);
      expect(report.subarray(16, 48)).toEqual(
        createHash("sha256")
          .update(Buffer.alloc(256 * 1024))
          .digest(),
      );
      expect(report.readUInt32LE(48)).toBe(POLICY);
      const chain = bytesOf(await run(machine, "query-sev-capabilities"), "cert-chain");
      const endorsement = chain.subarray(0, CERTIFICATE_BYTES);
      const r = fromField(report.subarray(0x40, 0x88));
      const s = fromField(report.subarray(0x88, 0xd0));
      expect(await isSigned(report.subarray(0, 0x34), endorsement, r, s)).toBe(true);
    }));

  test.each([
    ["AAAA", "SEV: mnonce must be 16 bytes (got 3)"],
    ["!", "SEV: failed to decode mnonce input"],
  ])("takes nonces of 16 bytes: %s", (mnonce, text) =>
    withMachine(encrypted(), async (machine) => {
      await expect(run(machine, "query-sev-attestation-report", { mnonce })).rejects.toThrow(text);
    }),
  );
});

/** Whether the first signature of a certificate is by the key of another. */
async function verifies(signed: Buffer, signer: Buffer): Promise<boolean> {
  const at = 0x414 + 8;
  return isSigned(
    signed.subarray(0, 0x414),
    signer,
    fromField(signed.subarray(at, at + 72)),
    fromField(signed.subarray(at + 72, at + 144)),
  );
}

async function isSigned(message: Buffer, signer: Buffer, r?: Buffer, s?: Buffer): Promise<boolean> {
  const { createPublicKey, verify } = await import("node:crypto");
  const x = fromField(signer.subarray(20, 92));
  const y = fromField(signer.subarray(92, 164));
  if (r === undefined || s === undefined || x === undefined || y === undefined) return false;
  const jwk = { kty: "EC", crv: "P-384", x: x.toString("base64url"), y: y.toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, Buffer.concat([r, s]));
}
