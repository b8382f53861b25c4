import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { COMMANDS, type JsonObject, type JsonValue, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import { CHARDEVS, type CharConnection } from "backplane/plugins/chardev/contract";
import { describe, expect, test } from "vitest";
import chardev from "../../../plugins/chardev/index.ts";
import { Workspace } from "../../peer/workspace.ts";

const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };

async function run(machine: Machine, name: string, args: JsonObject = {}): Promise<JsonValue | void> {
  const command = machine.service(COMMANDS).find(name);
  if (command === undefined) throw new Error(`there is no ${name}`);
  return command.run(args, CLIENT);
}

function withDevices(devices: readonly object[], use: (machine: Machine) => Promise<void>): Promise<void> {
  return withMachine({ with: [chardev], options: { chardev: { value: { devices } } } }, use);
}

/** Attaches a front end that keeps what it receives. */
function attach(machine: Machine, id: string): { readonly connection: CharConnection; readonly received: Buffer[] } {
  const received: Buffer[] = [];
  let connection: CharConnection | undefined;
  machine
    .service(CHARDEVS)
    .get(id)
    .attach({
      opened: (opened) => (connection = opened),
      received: (bytes) => received.push(Buffer.from(bytes)),
      drained: () => undefined,
      closed: () => undefined,
    });
  if (connection === undefined) throw new Error(`${id} has no connection`);
  return { connection, received };
}

const add = (id: string, type: string, data: JsonObject = {}): JsonObject => ({ id, backend: { type, data } });

async function withFolder(use: (workspace: Workspace) => Promise<void>): Promise<void> {
  const workspace = new Workspace();
  try {
    await use(workspace);
  } finally {
    workspace.remove();
  }
}

describe("files", () => {
  test("take output, give input, and a log takes a copy", () =>
    withFolder(async (folder) => {
      const [path, input, log] = ["out", "in", "log"].map((name) => folder.file(name)) as [string, string, string];
      writeFileSync(input, "from the file");
      const device = { id: "f", backend: "file", path, "input-path": input, logfile: log };
      await withDevices([device], async (machine) => {
        const { connection, received } = attach(machine, "f");
        connection.write("to the file");
        while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
        expect(Buffer.concat(received).toString()).toBe("from the file");
      });
      expect([path, log].map((each) => readFileSync(each, "utf8"))).toEqual(["to the file", "to the file"]);
    }));

  test.each([
    [
      { backend: "file", path: "/dev/null", "input-path": "/nosuch" },
      "Could not open '/nosuch': No such file or directory",
    ],
    [{ backend: "null", logfile: "/nosuch/l" }, "Could not create '/nosuch/l': No such file or directory"],
    [{ backend: "pipe", path: "/nosuch" }, "Could not open '/nosuch': No such file or directory"],
    [{ backend: "ringbuf", size: 3 }, "size of ringbuf chardev must be power of two"],
    [{ backend: "mux", chardev: "b" }, "mux: base chardev b not found"],
  ])("%o is refused", async (device, message) => {
    await expect(withDevices([{ id: "a", ...device }], () => Promise.resolve())).rejects.toThrow(message);
  });
});

test("named pipes carry both directions", () =>
  withFolder(async (folder) => {
    const path = folder.file("pipe");
    execFileSync("mkfifo", [`${path}.in`, `${path}.out`]);
    await withDevices([{ id: "p", backend: "pipe", path }], async (machine) => {
      const { connection, received } = attach(machine, "p");
      const [to, from] = [openSync(`${path}.in`, "w"), openSync(`${path}.out`, constants.O_RDONLY)];
      writeSync(to, "in");
      while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(Buffer.concat(received).toString()).toBe("in");
      connection.write("out");
      const bytes = Buffer.alloc(3);
      expect(readSync(from, bytes)).toBe(3);
      expect(bytes.toString()).toBe("out");
      closeSync(to);
      closeSync(from);
    });
  }));

describe("at run time", () => {
  test("devices are made, changed and removed", () =>
    withDevices([], async (machine) => {
      await run(machine, "chardev-add", add("c", "null"));
      await expect(run(machine, "chardev-add", add("c", "null"))).rejects.toThrow("Chardev with id 'c' already exists");
      await expect(run(machine, "chardev-add", add("f", "file", { out: "/nosuch/x" }))).rejects.toThrow(
        "Failed to add chardev 'f': Could not open '/nosuch/x': No such file or directory",
      );
      await run(machine, "chardev-add", add("m", "mux", { chardev: "c" }));
      await expect(run(machine, "chardev-remove", { id: "c" })).rejects.toThrow("Chardev 'c' is busy");
      await run(machine, "chardev-remove", { id: "m" });
      await run(machine, "chardev-change", add("c", "ringbuf", { size: 16 }));
      expect(await run(machine, "query-chardev")).toEqual([
        { label: "c", filename: "ringbuf", "frontend-open": false },
      ]);
      await run(machine, "chardev-remove", { id: "c" });
      await expect(run(machine, "chardev-remove", { id: "c" })).rejects.toThrow("Chardev 'c' not found");
      await expect(run(machine, "chardev-change", add("c", "null"))).rejects.toThrow("Chardev 'c' does not exist");
    }));

  test("one that is used stays, and so does one whose successor cannot be opened", () =>
    withDevices(
      [
        { id: "a", backend: "null" },
        { id: "b", backend: "null" },
      ],
      async (machine) => {
        attach(machine, "a");
        await expect(run(machine, "chardev-change", add("a", "ringbuf"))).rejects.toThrow(
          "Chardev user does not support chardev hotswap",
        );
        await expect(run(machine, "chardev-change", add("b", "file", { out: "/nosuch/x" }))).rejects.toThrow(
          "Could not open '/nosuch/x'",
        );
        expect(machine.service(CHARDEVS).get("b").filename).toBe("null");
      },
    ));

  test("a ring buffer keeps the newest", () =>
    withDevices([{ id: "r", backend: "ringbuf", size: 8 }], async (machine) => {
      const { connection } = attach(machine, "r");
      connection.write("0123");
      connection.write("456789");
      expect(await run(machine, "ringbuf-read", { device: "r", size: 3 })).toBe("234");
      await run(machine, "ringbuf-write", { device: "r", data: "AAEC", format: "base64" });
      expect(await run(machine, "ringbuf-read", { device: "r", size: 99, format: "base64" })).toBe(
        Buffer.from("56789\0\u0001\u0002").toString("base64"),
      );
      await expect(run(machine, "ringbuf-read", { device: "r", size: 0 })).rejects.toThrow(
        "size must be greater than zero",
      );
      await expect(run(machine, "ringbuf-read", { device: "x", size: 1 })).rejects.toThrow("Device 'x' not found");
    }));
});

test("a pseudo-terminal passes bytes as they are, and is told where it is", () =>
  withDevices([{ id: "t", backend: "pty" }], async (machine) => {
    const { connection, received } = attach(machine, "t");
    const { filename } = machine.service(CHARDEVS).get("t");
    expect(filename).toMatch(/^pty:\/dev\/pts\/\d+$/);
    const terminal = openSync(filename.slice("pty:".length), constants.O_RDWR | constants.O_NOCTTY);
    writeSync(terminal, "a\x03\r\n");
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(Buffer.concat(received).toString()).toBe("a\x03\r\n");
    connection.write("b\n");
    while (connection.buffered > 0) await new Promise((resolve) => setImmediate(resolve));
    const bytes = Buffer.alloc(8);
    expect(bytes.subarray(0, readSync(terminal, bytes)).toString()).toBe("b\n");
    closeSync(terminal);
  }));
