// The `backplane` command as users start it: the built bundle, in a process of its own.
import { spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { backplaneMain } from "../../cli/main.ts";
import { machineTypes } from "../../machines/index.ts";
import { VERSION } from "../../cli/version.ts";

const root = path.resolve(import.meta.dirname, "../..");
const meter = path.join(root, "test/fixtures/plugins/memory-meter");
const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-test-"));

function start(args: readonly string[], output: "pipe" | number = "pipe") {
  return spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", output, "pipe"],
  });
}

async function node(...args: string[]) {
  const child = start(args);
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  return { ...(await end(child)), stdout };
}

async function end(child: ReturnType<typeof start>) {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, stderr };
}

const program = path.join(root, "bin/backplane");
const backplane = (...args: string[]) => node(program, ...args);

/** The same within this process, for what ends at once. */
async function backplaneHere(...args: string[]) {
  let [stdout, stderr] = ["", ""];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((stdout += String(text)))),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((stderr += String(text)))),
  ];
  try {
    return { status: await backplaneMain(args), stdout, stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("exit statuses", () => {
  test("0: all of it was observed", async () => {
    const { status, stdout, stderr } = await backplane("run", path.join(root, "configs/q35.yaml"));
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("All of it was observed.");
  });

  test("1: not all of it was", async () => {
    const file = path.join(folder, "vain.yaml");
    writeFileSync(file, "machine: none\nscenario: [{ expect: { run-state: running } }]\n");
    const { status, stdout } = await backplane("run", file);
    expect(status).toBe(1);
    expect(stdout).toContain("Not all of it was observed.");
  });

  test("1: refused", async () => {
    const file = path.join(folder, "bad.yaml");
    writeFileSync(file, "memroy: 1G\n");
    for (const command of ["run", "check"]) {
      const { status, stdout, stderr } = await backplane(command, file);
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(
        /bad\.yaml:1:1: error: memroy: unknown key 'memroy'; did you mean 'memory'\?\n1 \| memroy: 1G\n {2}\| \^\n$/,
      );
    }
  });

  test("1: nothing to be found, or a machine type that does not exist", async () => {
    expect(await backplane("check")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("no definition found"),
    });
    expect(await backplane("plugins", "toaster")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("there are: "),
    });
  });

  test.each([["frobnicate"], ["run", "--loud"], ["run", "--log", "loud"], ["run", "one.yaml", "two.yaml"], []])(
    "2: usage: %j %j",
    async (...args) => {
      const { status, stdout, stderr } = await backplaneHere(...args.filter((arg) => arg !== undefined));
      expect([status, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("Usage: backplane");
    },
  );
});

describe("a machine that fails", () => {
  const file = path.join(folder, "failing.yaml");
  const definition = `machine: { type: q35, confidential-guest-support: sev0 }
memory: 64M
objects: [{ type: sev-guest, id: sev0, cbitpos: 51, reduced-phys-bits: 1, policy: 3 }]
sev: { host: {}, faults: [{ call: launchFinish, nth: 1, errno: EIO }] }
`;
  const complaint = "error: sev: sev_launch_finish: LAUNCH_FINISH ret=-5 fw_error=0 ''\n";

  test("is no success, and its errors are on standard error unasked", async () => {
    writeFileSync(file, `${definition}scenario: [{ qmp: cont }, { wait: guest-halted }]\n`);
    const { status, stdout, stderr } = await backplane("run", "--json", file);
    expect([status, stderr]).toEqual([1, complaint]);
    const report = JSON.parse(stdout) as { readonly steps: readonly unknown[] };
    expect(report.steps.at(-1)).toMatchObject({ ok: false, observed: { "run-state": "internal-error" } });
  });

  test("is no success where its guest is watched", async () => {
    writeFileSync(file, definition);
    const { status, stdout, stderr } = await backplane("notifiers", "--watch", file);
    expect([status, stderr]).toEqual([1, complaint]);
    expect(stdout).toContain("   no  the guest has halted");
  });
});

describe("an output that nobody takes", () => {
  /** Waits for longer than anybody would. */
  const endless = (): string => {
    const file = path.join(folder, "endless.yaml");
    writeFileSync(
      file,
      `machine: none
memory: 1M
scenario: [{ qmp: migrate, arguments: { uri: "exec:sleep 1000" } }, { wait: { migration: completed } }]
`,
    );
    return file;
  };

  test.skipIf(!existsSync("/dev/full"))("as there is no room: a line and a status", async () => {
    for (const args of [["schema"], ["notifiers", "--watch", endless()]]) {
      const full = openSync("/dev/full", "w");
      const { status, stderr } = await end(start([program, ...args], full));
      closeSync(full);
      expect(stderr).toMatch(/^backplane: cannot write to standard output: ENOSPC: .*\n$/);
      expect(status).toBe(74);
    }
  });

  test.skipIf(!existsSync("/dev/full"))("of a machine that monitors hold: it goes on", async () => {
    const full = openSync("/dev/full", "w");
    // A type that is old enough for a warning.
    const args = [path.join(root, "bin/backplane-system-x86_64"), "-M", "pc-q35-5.2", "-qmp", "stdio"];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", full] });
    child.stdin?.write('{"execute":"qmp_capabilities"}');
    // By the answer the warning has failed.
    child.stdout?.once("data", () => child.stdin?.write('{"execute":"quit"}'));
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    closeSync(full);
  });

  test("as its reader has had enough: it ends quietly", async () => {
    const child = start([program, "notifiers", "--watch", endless()]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await end(child)).toEqual({ status: 0, stderr: "" });
  });
});

test.skipIf(process.platform !== "linux")("a signal ends it, and with it what it started", async () => {
  const file = path.join(folder, "stuck.yaml");
  writeFileSync(
    file,
    `machine: none
qmp: { monitors: [{ unix: ./qmp.sock }] }
scenario:
  - { qmp: migrate, arguments: { uri: "exec:sleep 1000" } }
  - wait: { migration: completed }
`,
  );
  const child = spawn(process.execPath, [path.join(root, "bin/backplane"), "run", file], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", (status, signal) => resolve([status, signal])));
  const started = (): string => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  while (started() === "") await new Promise((resolve) => setImmediate(resolve));
  const [pid = ""] = started().split(" ");
  expect(readdirSync(folder)).toContain("qmp.sock");
  child.kill("SIGINT");
  expect(await ended).toEqual([null, "SIGINT"]);
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(readdirSync(folder)).not.toContain("qmp.sock");
});

describe("help", () => {
  test("of the program names every command", async () => {
    const { status, stdout } = await backplaneHere("--help");
    expect(status).toBe(0);
    for (const name of ["run", "check", "notifiers", "plugins", "machines", "schema"])
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
  });

  test.each(["run", "check", "notifiers", "plugins", "machines", "schema"])("of %s", async (name) => {
    const { status, stdout } = await backplaneHere(name, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: backplane ${name}`);
  });

  test("--version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
    expect(VERSION).toBe(version);
    expect(await backplane("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("lists", () => {
  test("machines --json", async () => {
    const { stdout } = await backplane("machines", "--json");
    expect(JSON.parse(stdout)).toEqual(
      machineTypes.map(({ name, aliases = [], description }) => ({ name, aliases, description })),
    );
  });

  test("plugins --json, in the order in which they are attached", async () => {
    const { stdout } = await backplane("plugins", "--json");
    const plugins = JSON.parse(stdout) as { id: string; summary: string; requires: string[]; provides: string[] }[];
    const type = machineTypes.find(({ aliases }) => aliases?.includes("q35"));
    const own = [...(type?.plugins ?? []), ...(type?.offers ?? [])];
    expect(plugins.map(({ id }) => id).toSorted()).toEqual(own.map(({ id }) => id).toSorted());
    const provided = new Set<string>();
    const all = new Set(plugins.flatMap(({ provides }) => provides));
    for (const { id, summary, requires, provides } of plugins) {
      expect(summary, id).not.toBe("");
      expect(
        requires.filter((token) => all.has(token) && !provided.has(token)),
        id,
      ).toEqual([]);
      for (const token of provides) provided.add(token);
    }
  });
});

test("run --json has the report's shape", async () => {
  const { status, stdout } = await backplane("run", "--json", path.join(root, "configs/acpi-resize.yaml"));
  expect(status).toBe(0);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  const blocks = { blocks: expect.arrayContaining([expect.objectContaining({ name: "pc.bios", used: 262144 })]) };
  expect(Object.keys(report)).toEqual([
    "definition",
    "description",
    "machine",
    "untold",
    "ramBlocks",
    "timeline",
    "steps",
    "observed",
  ]);
  expect(report).toMatchObject({
    machine: { type: "pc-q35-10.0", memory: 20 * 1024 ** 3, devices: ["nvdimm", "vmgenid", "intel-iommu"] },
    untold: [],
    ramBlocks: [
      expect.objectContaining({ name: "before", ...blocks }),
      expect.objectContaining({ name: "after", ...blocks }),
    ],
    observed: true,
  });
  const steps = report["steps"] as { step: object; title: string; ok: boolean }[];
  for (const step of steps)
    expect(step).toMatchObject({ step: expect.any(Object), title: expect.any(String), ok: true });
  expect(report["timeline"]).toContainEqual(
    expect.objectContaining({
      kind: "ram-block",
      time: expect.any(Number),
      notice: expect.objectContaining({ kind: "resized", idstr: "/rom@etc/acpi/tables", from: 131072, to: 262144 }),
    }),
  );
  expect(report["timeline"]).toContainEqual(
    expect.objectContaining({ kind: "migration", from: "active", to: "cancelling", reason: expect.any(String) }),
  );
});

describe("a plugin of a third party", () => {
  const observed = async (file: string) => {
    const { status, stdout, stderr } = await backplane("run", "--json", file);
    expect([status, stderr]).toEqual([0, ""]);
    const { steps } = JSON.parse(stdout) as { steps: { title: string; observed?: unknown }[] };
    expect(steps.find(({ title }) => title === "x-memory-meter")?.observed).toEqual({ total: 64 });
  };

  test("beside the definition, in a project", () => observed(path.join(meter, "backplane.yaml")));

  test("beside the definition, in no project", async () => {
    const place = path.join(folder, "nowhere");
    cpSync(meter, place, { recursive: true });
    await observed(path.join(place, "backplane.yaml"));
  });

  test.each([
    ["with this package linked", ["./memory-meter.mjs"], true],
    ["without, and exported to import only", { import: "./memory-meter.mjs" }, false],
  ])("as a package, %s", async (_how, exports, isLinked) => {
    const place = mkdtempSync(path.join(folder, "project-"));
    const home = path.join(place, "node_modules/backplane-plugin-memory-meter");
    mkdirSync(path.dirname(home), { recursive: true });
    cpSync(meter, home, { recursive: true });
    writeFileSync(
      path.join(home, "package.json"),
      JSON.stringify({ name: "backplane-plugin-memory-meter", version: "1.0.0", exports: { ".": exports } }),
    );
    if (isLinked) symlinkSync(root, path.join(place, "node_modules/backplane"));
    const definition = readFileSync(path.join(meter, "backplane.yaml"), "utf8");
    writeFileSync(
      path.join(place, "backplane.yaml"),
      definition.replace("./memory-meter.mjs", "backplane-plugin-memory-meter"),
    );
    await observed(path.join(place, "backplane.yaml"));
  });

  test("has its options checked", async () => {
    const place = path.join(folder, "furlongs");
    cpSync(meter, place, { recursive: true });
    const file = path.join(place, "backplane.yaml");
    writeFileSync(file, "machine: none\nplugins: [./memory-meter.mjs]\nmemory-meter:\n  unit: furlong\n");
    const { status, stderr } = await backplane("check", file);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "backplane.yaml:4:3: error: memory-meter.unit: a unit is a number of bytes\n4 |   unit: furlong\n",
    );
  });

  test("reaches the test kit from outside", async () => {
    const file = path.join(folder, "kit.mjs");
    mkdirSync(path.join(folder, "node_modules"), { recursive: true });
    symlinkSync(root, path.join(folder, "node_modules/backplane"));
    writeFileSync(
      file,
      `import { withMachine, recordNotifications } from "backplane/kit";
import { byteLength, definePlugin, LIFECYCLE, MEMORY_REGIONS, RAM_BLOCK_NOTIFIERS } from "backplane";
const plugin = definePlugin({ id: "p", apiVersion: 1, summary: "", attach(machine) {
  const regions = machine.use(MEMORY_REGIONS);
  machine.own(machine.use(LIFECYCLE).on("board", () => void regions.ram("a", byteLength(4096))));
} });
await withMachine({ with: [plugin] }, (machine) => {
  const { calls } = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS));
  console.log(JSON.stringify(calls.map(({ kind, usedLength }) => [kind, usedLength])));
}).catch((failure) => console.log(failure.message));
`,
    );
    const { stdout } = await node(file);
    expect(stdout).toBe('[["added",4096]]\nstill registered after the machine was released: recorder\n');
  });
});

describe("schema", () => {
  test("accepts every definition of configs/", async () => {
    const { stdout } = await backplane("schema");
    const schema = JSON.parse(stdout) as Schema;
    const { parse } = await import("yaml");
    for (const name of readdirSync(path.join(root, "configs"))) {
      const value: unknown = parse(readFileSync(path.join(root, "configs", name), "utf8"));
      expect(faults(schema, value, name), name).toEqual([]);
    }
    expect(faults(schema, { memroy: 1 }, "")).not.toEqual([]);
    expect(faults(schema, { devices: { driver: "vmgenid" } }, "")).not.toEqual([]);
    expect(faults(schema, { acpi: { tables: [{ zeros: "many" }] } }, "")).not.toEqual([]);
  });
});

interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** As much of JSON Schema as definitions need. */
function faults(schema: Schema, value: unknown, at: string): string[] {
  if (schema.anyOf !== undefined) {
    return schema.anyOf.some((branch) => faults(branch, value, at).length === 0) ? [] : [`${at}: fits no branch`];
  }
  if ("const" in schema && schema.const !== value) return [`${at}: is not ${JSON.stringify(schema.const)}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: is none of the words`];
  const type =
    value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
  if (schema.type !== undefined && schema.type !== type && !(schema.type === "number" && type === "integer")) {
    return [`${at}: is ${type}, not ${schema.type}`];
  }
  if (typeof value === "number" && (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)))
    return [`${at}: out of range`];
  if (Array.isArray(value)) return value.flatMap((item, index) => faults(schema.items ?? {}, item, `${at}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  const missing = (schema.required ?? []).filter((key) => !(key in value)).map((key) => `${at}: lacks ${key}`);
  const wrong = Object.entries(value).flatMap(([key, item]) => {
    const known = schema.properties?.[key] ?? schema.additionalProperties;
    if (known === false) return [`${at}: does not know ${key}`];
    return typeof known === "object" ? faults(known, item, `${at}.${key}`) : [];
  });
  return [...missing, ...wrong];
}
