// What configs/eject-amid-migration.yaml tells, on the peer: its migration completes, and its stream announces a RAM block
// that a guest has taken away meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Json } from "./golden.ts";
import { Peer, PEER } from "./peer.ts";

const root = path.resolve(import.meta.dirname, "../..");

const ROM = "0000:00:01.0:00.0/e1000e.rom";
const ARGUMENTS = [
  ..."-machine q35 -nodefaults -display none -m 16M".split(" "),
  ..."-device pcie-root-port,id=rp0,chassis=1,slot=1 -device e1000e,id=nic,bus=rp0".split(" "),
];

async function status(peer: Peer): Promise<unknown> {
  const reply = (await peer.execute("query-migrate")) as { readonly [key: string]: Json };
  return reply["status"];
}

/** Polls until the migration is in a state. */
async function until(peer: Peer, wanted: string): Promise<void> {
  for (let tries = 0; (await status(peer)) !== wanted; tries++) {
    expect(tries, `the migration is never ${wanted}`).toBeLessThan(500);
    await sleep(20);
  }
}

test("a guest takes a migratable RAM block away while a migration runs, which completes", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-eject-"));
  const peer = await Peer.start(ARGUMENTS);
  try {
    const stream = path.join(folder, "stream");
    await peer.execute("device_del", { id: "nic" });
    await peer.execute("migrate-set-parameters", { "max-bandwidth": 10_000 });
    await peer.execute("migrate", { uri: `file:${stream}` });
    await until(peer, "active");
    // What a guest's ACPI code does when it ejects: it selects the bus, and writes the slot's bit.
    await peer.human("o /4 0xcd0 0");
    await peer.human("o /4 0xcc8 1");
    for (let tries = 0; (await peer.ramBlockText()).includes(ROM); tries++) {
      expect(tries, "the block keeps its name").toBeLessThan(500);
      await sleep(20);
    }
    expect(await status(peer)).toBe("active");
    await peer.execute("migrate-set-parameters", { "max-bandwidth": 1024 ** 4 });
    await until(peer, "completed");
    expect(readFileSync(stream).includes(ROM)).toBe(true);
  } finally {
    await peer.close();
    rmSync(folder, { recursive: true });
  }
});

/** The script's output, in a process group of its own: the peer leaves its migration's child behind. */
async function runScript(qemu: string): Promise<string> {
  const child = spawn("sh", [path.join(root, "test/fixtures/eject.sh")], {
    env: { ...process.env, QEMU: qemu },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "exit");
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
  return output;
}

test("the script shows it on both executables", async () => {
  const theirs = await runScript(PEER);
  expect(theirs.match(/"status": "\w+"/g)).toEqual(['"status": "active"', '"status": "active"']);
  const ours = await runScript(path.join(root, "bin/backplane-system-x86_64"));
  expect(ours.match(/"status": "\w+"/g)).toEqual(['"status": "active"', '"status": "cancelling"']);
  expect(ours).toContain(`RAM block '${ROM}' removed during precopy.`);
  for (const output of [theirs, ours]) expect(output).not.toContain(`${ROM}    `);
});
