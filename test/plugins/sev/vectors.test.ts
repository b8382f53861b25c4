// What others have published: measurements, secrets, sessions and launch digests.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { launchMeasurement } from "../../../plugins/sev/late/measurement.ts";
import { saveArea } from "../../../plugins/sev/late/save-area.ts";
import { openSecret } from "../../../plugins/sev/late/secret-packet.ts";
import { deriveKey, openSession } from "../../../plugins/sev/late/session.ts";
import { SnpDigest, VMSA_ADDRESS } from "../../../plugins/sev/late/snp-digest.ts";
import { guidBytes } from "../../../plugins/sev/ovmf-table.ts";
import { SEV_TOOL_MEASUREMENT, SEVCTL_MEASUREMENT, SEVCTL_SECRET, VIRTEE_SESSION } from "./vectors/measurement.ts";
import {
  APPLICATION_RESET,
  EPYC_V4,
  HASHES_OFFSET,
  LAST_PAGES,
  MEMORY_PAGES,
  SNP_MEASURE,
  VIRTEE_SEV,
} from "./vectors/snp.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const base64 = (text: string): Buffer => Buffer.from(text, "base64");

describe("launch measurements", () => {
  test.each([
    ["sev-tool", SEV_TOOL_MEASUREMENT],
    ["sevctl", SEVCTL_MEASUREMENT],
  ])("of %s", (_tool, { digest, nonce, integrityKey, measurement, ...rest }) => {
    const measured = { ...rest, digest: hex(digest), nonce: hex(nonce) };
    expect(launchMeasurement(hex(integrityKey), measured).toString("hex")).toBe(measurement);
  });
});

describe("launch secrets of sevctl", () => {
  const keys = { encryption: hex(SEVCTL_SECRET.encryptionKey), integrity: hex(SEVCTL_SECRET.integrityKey) };
  const packet = {
    header: base64(SEVCTL_SECRET.header),
    data: base64(SEVCTL_SECRET.data),
    keys,
    measurement: base64(SEVCTL_SECRET.measured).subarray(0, 32),
  };

  test("are opened", () => {
    const secret = openSecret(packet);
    expect(secret).toBeInstanceOf(Buffer);
    expect(String(secret)).toContain(SEVCTL_SECRET.secret);
  });

  test.each([
    ["another measurement", { measurement: Buffer.alloc(32) }, 11],
    ["an altered header", { header: Buffer.from(packet.header).fill(1, 4, 5) }, 11],
    ["other data", { data: Buffer.alloc(64) }, 11],
    ["another key", { keys: { ...keys, integrity: Buffer.alloc(16) } }, 11],
    ["a header that is cut off", { header: packet.header.subarray(0, 51) }, 4],
    ["data that is no whole block", { data: packet.data.subarray(0, 63) }, 4],
  ])("are not, with %s", (_what, change, status) => {
    expect(openSecret({ ...packet, ...change })).toBe(status);
  });
});

describe("sessions of virtee/sev", () => {
  const { wrapped, wrapMac, policyMac, policy, master } = VIRTEE_SESSION;
  const zero = Buffer.alloc(16);
  const session = Buffer.concat([zero, hex(wrapped), zero, hex(wrapMac), hex(policyMac)]);

  test("have keys that are derived as theirs", () => {
    expect(deriveKey(zero, "sev-master-secret", zero).toString("hex")).toBe(master);
  });

  test("are opened", () => {
    expect(openSession(session, zero, policy)).toEqual({ encryption: zero, integrity: zero });
  });

  test("are for one policy, and one pair of keys", () => {
    expect(openSession(session, zero, 1)).toBeUndefined();
    expect(openSession(session, Buffer.alloc(16, 1), policy)).toBeUndefined();
  });
});

/** The table of hashes that firmware checks a kernel by; kernel and initrd are empty. */
function hashesPage(commandLine: string): Buffer {
  const page = Buffer.alloc(4096);
  const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
  const size = (bytes: number): Buffer => Buffer.from([bytes & 0xff, bytes >> 8]);
  const entry = (guid: string, hash: Buffer): Buffer => Buffer.concat([guidBytes(guid), size(50), hash]);
  const entries = [
    entry("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", sha256(`${commandLine}\0`)),
    entry("44baf731-3a2f-4bd7-9af1-41e29169781d", sha256("")),
    entry("4de79437-abd2-427f-b835-d5b172d2045b", sha256("")),
  ];
  const header = Buffer.concat([guidBytes("9438d606-4f22-4cc9-b479-a793d411fd21"), size(18 + 150)]);
  Buffer.concat([header, ...entries]).copy(page, HASHES_OFFSET);
  return page;
}

type SnpVector = (typeof SNP_MEASURE | typeof VIRTEE_SEV)[number];

function launchDigest(vector: SnpVector, hasFloatingPoint: boolean): string {
  const { firmware, processors, commandLine, features, hashesAt } = vector;
  const launch = new SnpDigest(hex(firmware));
  for (const { type, address, length } of MEMORY_PAGES) {
    for (let at = 0; at < length; at += 4096) launch.add(type, address + at);
  }
  const { address, length } = LAST_PAGES;
  for (let at = address; at < address + length; at += 4096) {
    if (at === hashesAt && commandLine !== undefined) launch.add("normal", at, hashesPage(commandLine));
    else launch.add("zero", at);
  }
  for (let index = 0; index < processors; index++) {
    const start = index === 0 ? 0xffff_fff0 : APPLICATION_RESET;
    const state = { signature: EPYC_V4, codeBase: (start & 0xffff_0000) >>> 0, instruction: start & 0xffff };
    launch.add("vmsa", VMSA_ADDRESS, saveArea(state, { features, hasFloatingPoint }));
  }
  return launch.value.toString("hex");
}

describe("launch digests of virtee/sev, whose kernel copies the FPU's state", () => {
  test.each(VIRTEE_SEV)("$name", (vector) => {
    expect(launchDigest(vector, true)).toBe(vector.digest);
  });
});

describe("launch digests of sev-snp-measure, whose kernel does not", () => {
  test.each(SNP_MEASURE)("$name", (vector) => {
    expect(launchDigest(vector, false)).toBe(vector.digest);
  });
});
