import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import type { Machine } from "backplane";
import { withMachine } from "backplane/kit";
import type { ChardevDefinition } from "backplane/plugins/chardev/contract";
import { CHARDEVS } from "backplane/plugins/chardev/contract";
import { afterAll, describe, expect, test } from "vitest";
import { monitorPlugins } from "../qmp/client.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-chardev-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => path.join(folder, `s${count++}`);

/** A machine with one monitor on one character device. */
function withMonitor<T>(device: ChardevDefinition, body: (machine: Machine) => Promise<T> | T): Promise<T> {
  const options = { chardev: { value: { devices: [device] } }, qmp: { value: { monitors: [{ chardev: device.id }] } } };
  return withMachine({ with: monitorPlugins, options }, (machine) => body(machine));
}

/** The other end of a socket. */
class Peer {
  readonly socket: net.Socket;
  text = "";
  readonly closed: Promise<void>;
  #watchers: (() => void)[] = [];

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("error", () => undefined);
    socket.on("data", (chunk: string) => {
      this.text += chunk;
      for (const watcher of this.#watchers.splice(0)) watcher();
    });
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static connect(target: string | number): Promise<Peer> {
    return new Promise((resolve, reject) => {
      const socket = typeof target === "string" ? net.connect(target) : net.connect(target, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Peer(socket)));
    });
  }

  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Sends a command and waits for its answer. */
  async ask(command: string): Promise<string> {
    const from = this.text.length;
    this.socket.write(`{"execute":"${command}"}`);
    while (!/"(?:return|error)"/.test(this.text.slice(from)))
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    return this.text.slice(from).trim();
  }

  async leave(): Promise<void> {
    this.socket.end();
    await this.closed;
  }
}

describe("a listening UNIX socket", () => {
  test("is for its owner only, and goes with the machine", async () => {
    const file = fresh();
    await withMonitor({ id: "c", backend: "socket", path: file, server: true, wait: false }, () => {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    });
    expect(existsSync(file)).toBe(false);
  });

  test("serves one client at a time; the next is greeted when the first has left", async () => {
    const file = fresh();
    await withMonitor({ id: "c", backend: "socket", path: file, server: true, wait: false }, async (machine) => {
      const filename = (): string => machine.service(CHARDEVS).get("c").filename;
      expect(filename()).toBe(`disconnected:unix:${file},server=on`);
      const first = await Peer.connect(file);
      await first.until('"QMP"');
      expect(filename()).toBe(`unix:${file},server=on`);
      const second = await Peer.connect(file);
      second.socket.write('{"execute":"qmp_capabilities"}');
      expect(await first.ask("qmp_capabilities")).toBe('{"return": {}}');
      expect(await first.ask("query-status")).toContain("prelaunch");
      expect(second.text).toBe("");
      await first.leave();
      await second.until('{"return": {}}');
      expect(second.text.split("\r\n").slice(0, 2)).toEqual([expect.stringContaining('{"QMP"'), '{"return": {}}']);
      await second.leave();
    });
  });

  test("forgets what a client had begun to say when it leaves", async () => {
    const file = fresh();
    await withMonitor({ id: "c", backend: "socket", path: file, server: true, wait: false }, async () => {
      const first = await Peer.connect(file);
      await first.until('"QMP"');
      first.socket.write('{"execute":"qmp_capa');
      await first.leave();
      const second = await Peer.connect(file);
      await second.until('"QMP"');
      expect(await second.ask("query-status")).toContain("Expecting capabilities negotiation");
      await second.leave();
    });
  });

  test("replaces one that an earlier process left behind, and no other file", async () => {
    const file = fresh();
    const left = net.createServer();
    await new Promise<void>((resolve) => left.listen(file, resolve));
    await withMonitor({ id: "c", backend: "socket", path: file, server: true, wait: false }, async () => {
      const client = await Peer.connect(file);
      await client.until('"QMP"');
      await client.leave();
    });
    left.close();
    writeFileSync(file, "somebody's");
    const taken = withMonitor({ id: "c", backend: "socket", path: file, server: true, wait: false }, () => undefined);
    await expect(taken).rejects.toThrow(`Failed to bind socket to ${file}: Address already in use`);
    expect(statSync(file).size).toBe(10);
  });

  test("waits for its first client when asked to", async () => {
    const file = fresh();
    let isBuilt = false;
    const building = withMonitor({ id: "c", backend: "socket", path: file, server: true }, async () => {
      isBuilt = true;
      await new Promise((resolve) => setImmediate(resolve));
    });
    while (!existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isBuilt).toBe(false);
    const client = await Peer.connect(file);
    await building;
    expect(isBuilt).toBe(true);
    await client.closed;
    expect(client.text).toContain('"QMP"');
  });

  test("cannot be where there is no folder, or under too long a name", async () => {
    const missing = path.join(folder, "no", "s");
    const tooLong = `/${"x".repeat(107)}`;
    for (const [file, text] of [
      [missing, `Failed to bind socket to ${missing}: No such file or directory`],
      [tooLong, `UNIX socket path '${tooLong}' is too long`],
    ] as const) {
      await expect(
        withMonitor({ id: "c", backend: "socket", path: file, server: true, wait: false }, () => undefined),
      ).rejects.toThrow(text);
    }
  });
});

describe("a listening TCP socket", () => {
  test("is on this host only unless somebody says otherwise", () =>
    withMonitor({ id: "c", backend: "socket", host: "", port: 0, server: true, wait: false }, async (machine) => {
      const [, port = ""] =
        /^disconnected:tcp:127\.0\.0\.1:(\d+),server=on$/.exec(machine.service(CHARDEVS).get("c").filename) ?? [];
      const client = await Peer.connect(Number(port));
      await client.until('"QMP"');
      expect(machine.service(CHARDEVS).get("c").filename).toBe(
        `tcp:127.0.0.1:${port},server=on <-> 127.0.0.1:${client.socket.localPort}`,
      );
      await client.leave();
    }));

  test("is refused where another one listens", async () => {
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const taken = withMonitor(
      { id: "c", backend: "socket", host: "127.0.0.1", port, server: true, wait: false },
      () => undefined,
    );
    await expect(taken).rejects.toThrow("Failed to find an available port: Address already in use");
    other.close();
  });
});

describe("a client socket", () => {
  test("connects when the machine is made, and is cut off with it", async () => {
    const file = fresh();
    const server = net.createServer();
    const arrived = new Promise<Peer>((resolve) => server.once("connection", (socket) => resolve(new Peer(socket))));
    await new Promise<void>((resolve) => server.listen(file, resolve));
    let peer: Peer | undefined;
    await withMonitor({ id: "c", backend: "socket", path: file }, async () => {
      peer = await arrived;
      await peer.until('"QMP"');
      expect(await peer.ask("qmp_capabilities")).toBe('{"return": {}}');
    });
    await peer?.closed;
    server.close();
  });

  test("fails the machine where nobody listens", async () => {
    const file = fresh();
    const failing = withMonitor({ id: "c", backend: "socket", path: file }, () => undefined);
    await expect(failing).rejects.toThrow(`Failed to connect to '${file}': No such file or directory`);
  });

  test("comes back when it was told to", async () => {
    const file = fresh();
    await withMonitor({ id: "c", backend: "socket", path: file, "reconnect-ms": 1 }, async () => {
      const server = net.createServer();
      const peers: Peer[] = [];
      let told: () => void = () => undefined;
      server.on("connection", (socket) => {
        peers.push(new Peer(socket));
        told();
      });
      const count = (wanted: number) =>
        new Promise<void>((resolve) => {
          told = () => (peers.length >= wanted ? resolve() : undefined);
          told();
        });
      await new Promise<void>((resolve) => server.listen(file, resolve));
      await count(1);
      await peers[0]?.until('"QMP"');
      await peers[0]?.leave();
      await count(2);
      await peers[1]?.until('"QMP"');
      server.close();
    });
  });
});
