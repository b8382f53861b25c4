import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "./golden.ts";
import { LineChannel } from "./line-channel.ts";
import { type PeerRamBlock, parseRamBlocks } from "./ram-blocks.ts";
import { type CaseFile, Workspace } from "./workspace.ts";

export const PEER = "qemu-system-x86_64";

/** The peer allocates four times what a qtest read asks for: a length from the guest's memory must not reach it unchecked. */
const READ_LIMIT = 4 * 1024 * 1024;

const EXIT_GRACE_MS = 1000;

const live = new Set<ChildProcess>();

/** Sees to it that a child does not outlive this process. */
export function track<C extends ChildProcess>(child: C): C {
  live.add(child);
  child.once("exit", () => live.delete(child));
  return child;
}

process.on("exit", () => {
  for (const child of live) child.kill("SIGKILL");
});
for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => process.exit(status));
}

interface Listener {
  readonly server: net.Server;
  readonly channel: Promise<LineChannel>;
}

async function listen(path: string): Promise<Listener> {
  const server = net.createServer();
  const channel = new Promise<LineChannel>((resolve) => {
    server.once("connection", (socket) => resolve(new LineChannel(socket)));
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return { server, channel };
}

/** A running peer: paused at start, driven over QMP and qtest, its memory readable. Always `close()` it. */
export class Peer {
  readonly workspace: Workspace;
  readonly events: Json[] = [];
  readonly #child: ChildProcess;
  readonly #qmp: LineChannel;
  readonly #qtest: LineChannel;
  readonly #exited: Promise<void>;

  private constructor(workspace: Workspace, child: ChildProcess, qmp: LineChannel, qtest: LineChannel) {
    this.workspace = workspace;
    this.#child = child;
    this.#qmp = qmp;
    this.#qtest = qtest;
    this.#exited =
      child.exitCode === null ? new Promise((resolve) => child.once("exit", () => resolve())) : Promise.resolve();
  }

  /** Starts the peer with `-S` and its two control sockets added, and negotiates QMP. */
  static async start(args: readonly string[], files: readonly CaseFile[] = []): Promise<Peer> {
    const workspace = new Workspace(files);
    const sockets = await Promise.all([listen(workspace.file("qmp.sock")), listen(workspace.file("qtest.sock"))]);
    const [qmp, qtest] = sockets;
    const control = [`-qmp`, `unix:${workspace.file("qmp.sock")}`, "-qtest", `unix:${workspace.file("qtest.sock")}`];
    const child = track(
      spawn(PEER, ["-S", ...workspace.expand(args), ...control, "-qtest-log", "none"], {
        stdio: ["ignore", "ignore", "pipe"],
      }),
    );
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (complaint += chunk));
    const failed = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (status) =>
        reject(new Error(`the peer left with ${String(status)}: ${workspace.mask(complaint)}`)),
      );
    });
    failed.catch(() => undefined);
    try {
      const channels = await Promise.race([Promise.all([qmp.channel, qtest.channel]), failed]);
      const peer = new Peer(workspace, child, ...channels);
      await Promise.race([channels[0].next(), failed]);
      await peer.execute("qmp_capabilities");
      return peer;
    } catch (error) {
      // Its sockets close a moment before it leaves, and only its last words say why.
      const reason = await Promise.race([failed, sleep(EXIT_GRACE_MS, error)]).catch((last: unknown) => last);
      child.kill("SIGKILL");
      workspace.remove();
      throw reason;
    } finally {
      for (const { server } of sockets) server.close();
    }
  }

  /** Runs one QMP command; events that arrive on the way are kept in `events`. */
  async execute(command: string, args?: Json): Promise<Json> {
    this.#qmp.send(`${JSON.stringify({ execute: command, ...(args === undefined ? {} : { arguments: args }) })}\n`);
    for (;;) {
      const reply = JSON.parse(await this.#qmp.next()) as { [key: string]: Json };
      if (reply["event"] !== undefined) this.events.push(reply);
      else if (reply["return"] !== undefined) return reply["return"];
      else throw new Error(`${command}: ${JSON.stringify(reply["error"])}`);
    }
  }

  /** Runs one command of the human monitor and returns what it printed. */
  async human(line: string): Promise<string> {
    return (await this.execute("human-monitor-command", { "command-line": line })) as string;
  }

  /** Sends qtest commands in one go; the answers come in the same order, without their `OK`. */
  async qtest(commands: readonly string[]): Promise<string[]> {
    this.#qtest.send(commands.map((command) => `${command}\n`).join(""));
    const answers: string[] = [];
    for (const command of commands) {
      const answer = await this.#qtest.next();
      if (!/^OK\b/.test(answer)) throw new Error(`qtest ${command}: ${answer}`);
      answers.push(answer);
    }
    return answers;
  }

  /** Guest-physical memory as the processor sees it. */
  async readGuest(address: number, length: number): Promise<Buffer> {
    if (length > READ_LIMIT) throw new RangeError(`${length} bytes are too many for one read of guest memory`);
    const [answer = ""] = await this.qtest([`read 0x${address.toString(16)} 0x${length.toString(16)}`]);
    return Buffer.from(answer.slice("OK 0x".length), "hex");
  }

  async ramBlockText(): Promise<string> {
    const reply = (await this.execute("x-query-ramblock")) as { "human-readable-text": string };
    return reply["human-readable-text"];
  }

  /** The used part of a RAM block, straight from the peer's memory. */
  async readBlock(name: string): Promise<Buffer | undefined> {
    const block = parseRamBlocks(await this.ramBlockText()).find((candidate) => candidate.name === name);
    return block && this.#readHost(block);
  }

  /** Ends the peer and removes its files. */
  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
    this.#qmp.destroy();
    this.#qtest.destroy();
    this.workspace.remove();
  }

  #readHost(block: PeerRamBlock): Buffer {
    const bytes = Buffer.alloc(block.used);
    const memory = openSync(`/proc/${this.#child.pid ?? 0}/mem`, "r");
    try {
      const read = readSync(memory, bytes, 0, block.used, block.hva);
      if (read !== block.used) throw new Error(`${block.name}: ${read} of ${block.used} bytes read`);
    } finally {
      closeSync(memory);
    }
    return bytes;
  }
}
