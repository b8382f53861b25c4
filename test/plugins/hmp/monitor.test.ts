import net from "node:net";
import { Machine, type LogRecord } from "backplane";
import { describe, expect, test } from "vitest";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { Workspace } from "../../peer/workspace.ts";

const PROMPT = "(qemu) ";

/** A client of a monitor on a UNIX socket. */
class Client {
  heard = "";
  readonly socket: net.Socket;
  #watchers: (() => void)[] = [];

  constructor(path: string, options: { readonly reads?: boolean } = {}) {
    this.socket = net.connect({ path, allowHalfOpen: true });
    this.socket.on("error", () => undefined);
    if (options.reads === false) return;
    this.socket.setEncoding("utf8").on("data", (chunk: string) => {
      this.heard += chunk;
      for (const watcher of this.#watchers.splice(0)) watcher();
    });
  }

  async until(holds: (heard: string) => boolean): Promise<string> {
    while (!holds(this.heard)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
    return this.heard;
  }
}

async function withMonitors(
  args: readonly string[],
  use: (path: (name: string) => string, machine: Machine) => Promise<void>,
): Promise<readonly LogRecord[]> {
  const workspace = new Workspace();
  const log: LogRecord[] = [];
  const definition = definitionOf(workspace.expand(["-machine", "none", "-nodefaults", ...args]));
  const machine = await Machine.create(definition, { types: machineTypes, log: (record) => log.push(record) });
  try {
    await use((name) => workspace.file(name), machine);
  } finally {
    await machine.dispose();
    workspace.remove();
  }
  return log;
}

const monitor = (name: string): string[] => ["-monitor", `unix:{dir}/${name},server=on,wait=off`];
const ask = (execute: string): string => `{"execute":"qmp_capabilities"}{"execute":"${execute}"}\n`;

describe("monitors for people", () => {
  test("stand side by side, each with its own line and history", () =>
    withMonitors([...monitor("a"), ...monitor("b")], async (path) => {
      const [one, two] = [new Client(path("a")), new Client(path("b"))];
      await Promise.all([one.until((heard) => heard.endsWith(PROMPT)), two.until((heard) => heard.endsWith(PROMPT))]);
      one.socket.write("info uuid\n");
      two.socket.write("info history\n");
      expect(await two.until((heard) => heard.includes("history'\r\n"))).toContain("0: 'info history'\r\n");
      await one.until((heard) => heard.includes("00000000-0000"));
      expect(two.heard).not.toContain("info uuid");
      one.socket.destroy();
      two.socket.destroy();
    }).then(() => undefined));

  test("keep the line that was begun for who comes next", () =>
    withMonitors(monitor("a"), async (path) => {
      const first = new Client(path("a"));
      await first.until((heard) => heard.endsWith(PROMPT));
      first.socket.write("info st");
      await first.until((heard) => heard.endsWith("info st\x1b[K"));
      first.socket.destroy();
      const second = new Client(path("a"));
      await second.until((heard) => heard.endsWith(PROMPT));
      second.socket.write("atus\n");
      expect(await second.until((heard) => heard.includes("VM status"))).toContain("VM status: paused (prelaunch)\r\n");
      second.socket.destroy();
    }).then(() => undefined));

  test("answer a client that closes its half, and serve the next", () =>
    withMonitors(monitor("a"), async (path) => {
      const half = new Client(path("a"));
      await half.until((heard) => heard.endsWith(PROMPT));
      half.socket.end("info status\n");
      await half.until((heard) => heard.includes("VM status: paused"));
      half.socket.destroy();
      const next = new Client(path("a"));
      await next.until((heard) => heard.endsWith(PROMPT));
      next.socket.destroy();
    }).then(() => undefined));

  test("stop taking keys that nobody looks at, while QMP answers", () =>
    withMonitors([...monitor("a"), "-qmp", "unix:{dir}/qmp,server=on,wait=off"], async (path) => {
      const flood = new Client(path("a"), { reads: false });
      // Every key draws its whole line anew.
      flood.socket.write("x".repeat(1 << 20));
      flood.socket.write("\nhelp\n".repeat(1000));
      const qmp = new Client(path("qmp"));
      qmp.socket.write(ask("query-status"));
      await qmp.until((heard) => heard.includes('"prelaunch"'));
      const before = process.memoryUsage().heapUsed;
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
      flood.socket.destroy();
      qmp.socket.destroy();
    }).then(() => undefined));

  test("end the machine", () =>
    withMonitors(monitor("a"), async (path, machine) => {
      const client = new Client(path("a"));
      await client.until((heard) => heard.endsWith(PROMPT));
      client.socket.write("quit\ninfo status\n");
      expect(await machine.finished).toBe("host-qmp-quit");
      expect(client.heard).not.toContain("VM status");
      client.socket.destroy();
    }).then(() => undefined));
});
