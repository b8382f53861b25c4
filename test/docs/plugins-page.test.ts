// The example of docs/plugins.md is what it says: a plugin that works, and a test that tests it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { transformWithOxc } from "vite";
import { afterAll, expect, test } from "vitest";
import {
  byteLength,
  EVENTS,
  guestAddress,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFICATIONS,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  SYSTEM_MEMORY,
  type AnyPlugin,
} from "backplane";
import { withMachine } from "backplane/kit";

const root = path.resolve(import.meta.dirname, "../..");
const page = readFileSync(path.join(root, "docs/plugins.md"), "utf8");
mkdirSync(path.join(root, ".tmp"), { recursive: true });
const folder = mkdtempSync(path.join(root, ".tmp/docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The block of code that begins with its file's name. */
function example(name: string): string {
  const block = [...page.matchAll(/```ts\n([^]*?)```/g)]
    .map((match) => match[1] ?? "")
    .find((code) => code.startsWith(`// ${name}\n`));
  if (block === undefined) throw new Error(`docs/plugins.md has no ${name}`);
  return block;
}

test("the beacon answers", async () => {
  const { code } = await transformWithOxc(example("beacon.ts"), "beacon.ts", { decorator: { legacy: true } });
  const file = path.join(folder, "beacon.js");
  writeFileSync(file, code);
  const { default: beacon } = (await import(pathToFileURL(file).href)) as { default: AnyPlugin };
  const given = { with: [beacon], devices: [{ driver: "beacon", properties: { address: "0xfec80000" } }] };
  await withMachine(given, (machine) => {
    expect(machine.service(SYSTEM_MEMORY).load(guestAddress(0xfec80000), 4)).toBe(0xb);
    expect(machine.service(SYSTEM_MEMORY).load(guestAddress(0xfed00000), 4)).not.toBe(0xb);
  });
});

test("its test claims the same", () => {
  const code = example("beacon.test.ts");
  expect(code).toContain('from "backplane/kit"');
  expect(code).toContain("load(guestAddress(0xfed00000), 4)).toBe(0xb)");
});

test("the plugin of the README tells monitors", async () => {
  const readme = readFileSync(path.join(root, "README.md"), "utf8");
  const code = /## Write a plugin\n[^]*?```ts\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const file = path.join(folder, "memory-meter.js");
  writeFileSync(file, code);
  const { default: meter } = (await import(pathToFileURL(file).href)) as { default: AnyPlugin };
  await withMachine({ with: [meter] }, (machine) => {
    const [said] = meter.hears ?? [];
    const [registered] = machine.service(RAM_BLOCK_NOTIFIERS).subscriptions();
    expect(said?.name).toBe(registered?.name);
    expect(RAM_BLOCK_NOTIFICATIONS.filter((kind) => said !== undefined && "does" in said.blocks[kind])).toEqual(
      registered?.hears,
    );
    const events: unknown[] = [];
    machine.service(EVENTS).listen(({ name, data }) => events.push([name, data]));
    const region = machine.service(MEMORY_REGIONS).ram("a", byteLength(4096), { maxSize: byteLength(8192) });
    if (region.ramBlock !== undefined) machine.service(RAM_LIST).resize(region.ramBlock, byteLength(8192));
    machine.service(MEMORY_REGIONS).destroy(region);
    expect(events.map((event) => JSON.stringify(event))).toEqual([
      expect.stringContaining("X_MEMORY_ADDED"),
      '["X_MEMORY_RESIZED",{"block":"a","from":4096,"to":8192}]',
      '["X_MEMORY_REMOVED",{"block":"a"}]',
    ]);
  });
});
