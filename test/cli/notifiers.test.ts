// `backplane notifiers` as users start it, and what its lines are made of.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { byteLength, type BackplaneError, type HostAddress, type VirtualTime } from "backplane";
import { entryHead, renderEntry, type WatchedEntry } from "../../cli/notifiers/entry-line.ts";
import { shorten, wrap } from "../../cli/notifiers/wrap.ts";
import { readUntold } from "../../cli/untold.ts";
import { hears } from "../../plugins/migration/ram/hears.ts";

const root = path.resolve(import.meta.dirname, "../..");
const seed = path.join(root, "configs/acpi-resize.yaml");
const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-notifiers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function start(...args: readonly string[]) {
  return spawn(process.execPath, [path.join(root, "bin/backplane"), ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function backplane(...args: readonly string[]) {
  const child = start(...args);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr, lines: stdout.trimEnd().split("\n") };
}

function definition(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** What an error's thrower advises. */
function adviceOf(act: () => unknown): string {
  try {
    act();
    return "";
  } catch (failure) {
    return (failure as BackplaneError).advice ?? "";
  }
}

/** A line with runs of blanks made one. */
const squeezed = (line: string): string => line.trim().replaceAll(/ +/g, " ");

describe("the table", () => {
  test("has who is told, in order, what each does, and which blocks it knows", async () => {
    const { status, stdout, stderr, lines } = await backplane("notifiers", seed);
    expect([status, stderr]).toEqual([0, ""]);
    const rows = lines.map(squeezed);
    expect(rows).toContain("subscriber added resized idstr migratable removed knows");
    expect(stdout).toMatch(/ \d {2}migration\/ram +· +● +● +● +● +7 of 7 blocks\n/);
    expect(rows).toContain("resized aborts the migration: the stream has announced the old length");
    expect(rows).toContainEqual(expect.stringMatching(/^pc\.ram 0x10000000 0x500000000 same yes \d/));
    expect(rows).toContainEqual(expect.stringMatching(/^\/rom@etc\/acpi\/tables \S+ 0x20000 0x200000 yes \d/));
    expect(rows).toContainEqual(
      expect.stringMatching(/^policy|policy series: tells added, resized, idstr, migratable, removed/),
    );
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  test("as JSON has the whole of the manifests' positions", async () => {
    const { status, stdout } = await backplane("notifiers", seed, "--json", "--untold", "migration/ram:resized");
    const report = JSON.parse(stdout) as {
      readonly subscribers: readonly { readonly name: string; readonly knows: readonly string[] }[];
      readonly ramBlocks: readonly { readonly name: string }[];
    };
    expect(status).toBe(0);
    const ram = report.subscribers.find(({ name }) => name === "migration/ram");
    expect(ram).toMatchObject({
      hears: ["resized", "idstr", "migratable", "removed"],
      untold: ["resized"],
      positions: JSON.parse(JSON.stringify(hears.blocks)) as object,
    });
    expect(ram?.knows).toEqual(report.ramBlocks.map(({ name }) => name));
    expect(report).toMatchObject({
      machine: { type: "pc-q35-10.0" },
      policy: { name: "series" },
      untold: [{ subscriber: "migration/ram", kind: "resized", breaks: expect.stringContaining("is lost") as string }],
    });
  });

  test("shows what a policy does not tell, and a subscriber whose manifest says nothing", async () => {
    writeFileSync(
      path.join(folder, "quiet.mjs"),
      `import { RAM_BLOCK_NOTIFIERS } from "backplane";
       export default { id: "quiet", apiVersion: 1, summary: "", attach(machine) {
         machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add({ name: "quiet", ramBlockIdstrChanged() {} }));
       } };`,
    );
    const file = definition(
      "policy.yaml",
      "machine: q35\nplugins: [./quiet.mjs]\nnuma: { notifiers: qemu-10.0 }\nmemory: 16M\n",
    );
    const { stdout, stderr } = await backplane("notifiers", file);
    expect(stderr).toBe("");
    expect(stdout).toContain("policy qemu-10.0: tells added, resized, removed");
    expect(stdout).toMatch(/migration\/ram +· +● +○ +○ +●/);
    expect(stdout).toMatch(/ quiet\n {3}its plugin's manifest does not say what it does\n/);
    expect(stdout).toContain("not told: pages go out under a name that the stream never announced");
  });

  test("names those that are not here, of plugins that are not loaded as well, and when they would be", async () => {
    const { stderr, lines } = await backplane("notifiers", path.join(root, "configs/xen-mapcache.yaml"));
    expect(stderr).toBe("");
    const rows = lines.map(squeezed);
    expect(rows).toContain("vmgenid with a vmgenid device");
    expect(rows).toContain("nvmm with the key nvmm");
    expect(rows).toContain("vfio-helpers with the key vfio-helpers, with a node of the driver nvme");
    expect(rows.filter((row) => row.startsWith("xen-mapcache with"))).toEqual([]);
  });

  test("shows that who is not told of new blocks knows none", async () => {
    const file = path.join(root, "configs/nvmm-leak.yaml");
    const { stdout } = await backplane("notifiers", file, "--untold", "nvmm:added");
    expect(stdout).toMatch(/ nvmm +untold .* 0 of 6 blocks\n/);
    expect(stdout).toMatch(/ migration\/ram .* 6 of 6 blocks\n/);
  });

  test("of the smallest machine has its one block", async () => {
    const { status, stdout, lines } = await backplane(
      "notifiers",
      definition("none.yaml", "machine: none\nmemory: 1M\n"),
    );
    expect(status).toBe(0);
    expect(stdout).toContain("1 of 1 blocks");
    expect(lines.map(squeezed)).toContain("ram 0x0 0x100000 same yes 1");
  });
});

describe("--watch", () => {
  test("prints what is told, with what came of it behind, and which steps were as expected", async () => {
    const { status, stdout, stderr, lines } = await backplane("notifiers", seed, "--watch");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("\u001B");
    expect(squeezed(lines[0] ?? "")).toBe("ms kind block change told");
    const rows = lines.map((line) => squeezed(line).replace(/^[0-9.]+ /, ""));
    const resize = rows.findIndex((row) => row.startsWith("resized /rom@etc/acpi/tables 0x20000 → 0x40000"));
    expect(rows[resize]).toContain("migration/ram");
    expect(rows[resize + 1]).toBe(
      "migration active → cancelling RAM block '/rom@etc/acpi/tables' resized during precopy.",
    );
    expect(rows).toContain("yes the guest has halted");
  });

  test("as JSON prints an object a line", async () => {
    const { status, lines } = await backplane(
      "notifiers",
      seed,
      "--watch",
      "--json",
      "--untold",
      "migration/ram:resized",
    );
    const entries = lines.map(
      (line) => JSON.parse(line) as { readonly kind: string; readonly notice?: object; ok?: boolean },
    );
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(["ram-block", "migration", "step"]));
    const resized = entries.find(({ notice }) => notice !== undefined && "from" in notice && notice.from === 0x20000);
    expect(resized?.notice).toMatchObject({ kind: "resized", to: 0x40000 });
    expect(JSON.stringify(resized?.notice)).not.toContain("migration/ram");
    // Somebody counted on it.
    expect(entries.some(({ ok }) => ok === false)).toBe(true);
    expect(status).toBe(1);
  });

  test("runs the guest where there is no scenario, until it has nothing left to do", async () => {
    const file = definition("guest.yaml", "machine: q35\nmemory: 16M\n");
    const { status, lines } = await backplane("notifiers", file, "--watch");
    expect(status).toBe(0);
    expect(lines.length).toBeGreaterThan(5);
  });

  test("ends cleanly when it is interrupted", async () => {
    const file = definition(
      "endless.yaml",
      [
        "machine: none",
        "memory: 1M",
        "scenario:",
        "  - { qmp: migrate, arguments: { uri: 'exec:sleep 1000' } }",
        "  - { wait: { migration: completed } }",
        "",
      ].join("\n"),
    );
    const child = start("notifiers", file, "--watch");
    let stdout = "";
    const isActive = new Promise<void>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        stdout += chunk;
        if (stdout.includes("setup → active")) resolve();
      });
    });
    await isActive;
    const ended = once(child, "close");
    child.kill("SIGINT");
    expect(await ended).toEqual([null, "SIGINT"]);
    expect(stdout).not.toContain("removed");
  });
});

describe("--untold", () => {
  test("of a run says what is said to break, and what did", async () => {
    const { status, stdout } = await backplane("run", seed, "--untold", "migration/ram:resized");
    expect(status).toBe(1);
    expect(stdout).toContain("migration/ram is not told 'resized': a migration completes whose stream");
    expect(stdout).toContain("   no  migration cancelling");
  });

  test.each([
    ["foo", "--untold foo: a subscriber and a kind", ""],
    ["migration/ram:resize", "there is no kind of notification 'resize'", "did you mean 'resized'?"],
    ["migraton/ram:resized", "registers a notifier 'migraton/ram'", "did you mean 'migration/ram'?"],
    ["migration/ram:added", "does not hear 'added': a new block", "it hears: resized, idstr, migratable, removed"],
    ["migration/ram:mapping-added", "does not hear 'mapping-added': host mappings are", "it hears: resized,"],
  ])("%s is refused", (text, message, hint) => {
    const read = (): unknown => readUntold(text, [hears]);
    expect(read).toThrow(message);
    expect(adviceOf(read)).toContain(hint);
  });

  test("refused on the command line, nothing is run", async () => {
    const { status, stdout, stderr } = await backplane("run", seed, "--untold", "migration/ram:resize");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("did you mean 'resized'?");
  });
});

describe("a line", () => {
  const time = 1_234_567 as VirtualTime;
  const resized: WatchedEntry = {
    kind: "ram-block",
    time,
    notice: {
      kind: "resized",
      idstr: "rom",
      region: "rom",
      usedLength: byteLength(4096),
      maxLength: byteLength(8192),
      from: 4096,
      to: 8192,
      subscribers: [{ name: "one" }, { name: "two", error: "no room" }],
    },
  };

  test("has the time, the kind, the block, the change, and who failed", () => {
    expect(squeezed(renderEntry(resized))).toBe("1.235 resized rom 0x1000 → 0x2000 one, two FAILED: no room");
  });

  test.each([40, 60, 80, 109, 110, 200])("fits in %d columns", (width) => {
    expect(renderEntry(resized, width).length).toBeLessThanOrEqual(width);
    expect(entryHead(width).indexOf("told")).toBeLessThan(width < 110 ? 70 : 100);
  });

  test("of a host mapping has its owner and place", () => {
    const mapping = {
      kind: "host-mapping",
      owner: "xen-mapcache",
      hostAddress: 0x1000 as HostAddress,
      length: byteLength(8192),
    } as const;
    const entry: WatchedEntry = { kind: "host-mapping", time, notice: { kind: "added", mapping, subscribers: [] } };
    expect(squeezed(renderEntry(entry))).toBe("1.235 mapping-added xen-mapcache 0x2000 at 0x1000 nobody");
  });
});

test("texts are broken between words and cut with a sign", () => {
  expect(wrap("one two three four", 9, 2)).toBe("one two\n  three\n  four");
  expect(wrap("unbreakable", 4, 2)).toBe("unbreakable");
  expect([shorten("abcdef", 6), shorten("abcdefg", 6)]).toEqual(["abcdef", "abcde…"]);
});
