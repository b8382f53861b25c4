// The discussion's script, word for word, on both executables: the same lines, but for addresses and times.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { PEER } from "./peer.ts";
import { maskQmp } from "./qmp-mask.ts";

const root = path.resolve(import.meta.dirname, "../..");
const script = readFileSync(path.join(root, "test/fixtures/reproducer.sh"), "utf8");
/** As it was in 2021, without the fillers. */
const without = script.replaceAll(/^ +-acpitable .*\n/gm, "");
const ours = path.join(root, "bin/backplane-system-x86_64");

/** The script in a process group of its own, which is ended with it: the peer leaves its migration's child behind. */
async function run(qemu: string, text = script): Promise<string[]> {
  const child = spawn("sh", ["-c", text], {
    env: { ...process.env, QEMU: qemu },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [status] = (await once(child, "exit")) as [number | null];
  if (child.pid !== undefined) killGroup(child.pid);
  expect(status).toBe(0);
  return output
    .trimEnd()
    .split("\n")
    .map((line) => maskQmp(line.trimEnd()));
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
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

  test("without the fillers it is the loader script's block that grows", async () => {
    const [peer, mine] = await Promise.all([run(PEER, without), run(ours, without)]);
    expect(mine).toEqual(peer);
    expect(mine.join("\n")).toContain("RAM block '/rom@etc/table-loader' resized during precopy.");
  });
});
