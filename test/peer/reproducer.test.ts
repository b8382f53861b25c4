// The discussion's script, word for word, on both executables: the same lines, but for addresses and times.
import { execFile, execFileSync } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { PEER } from "./peer.ts";
import { maskQmp } from "./qmp-mask.ts";

const root = path.resolve(import.meta.dirname, "../..");
const script = path.join(root, "test/fixtures/reproducer.sh");
const ours = path.join(root, "bin/backplane-system-x86_64");

beforeAll(() => {
  execFileSync(process.execPath, [path.join(root, "scripts/build.mjs")], { stdio: "ignore" });
});

async function run(qemu: string): Promise<string[]> {
  const { stdout, stderr } = await promisify(execFile)("sh", [script], { env: { ...process.env, QEMU: qemu } });
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n").map((line) => maskQmp(line.trimEnd()));
}

describe("the reproducer", () => {
  test("prints on ours what it prints on the peer", async () => {
    const [peer, mine] = await Promise.all([run(PEER), run(ours)]);
    expect(mine).toEqual(peer);
  });

  test("has its expected markers", async () => {
    const lines = await run(ours);
    const text = lines.join("\n");
    expect(text).toMatch(/\/rom@etc\/acpi\/tables +4 KiB +0x[0-9a-f]{16} 0x0000000000020000/);
    expect(text).toContain('"status": "active"');
    expect(text).toContain('"status": "cancelling"');
    expect(text).toContain(`"error-desc": "RAM block '/rom@etc/acpi/tables' resized during precopy."`);
    expect(text).toMatch(/\/rom@etc\/acpi\/tables +4 KiB +0x[0-9a-f]{16} 0x0000000000040000/);
  });
});
