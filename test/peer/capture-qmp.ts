import { spawn } from "node:child_process";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { QmpCase, QmpStep } from "./cases/qmp-case.ts";
import type { QmpExchange, QmpGolden } from "./golden.ts";
import { PEER, track } from "./peer.ts";
import { maskQmp } from "./qmp-mask.ts";
import { Workspace } from "./workspace.ts";

const QUIET_MS = 60;
const STEP_LIMIT_MS = 10_000;

/** What the monitor has said, line by line, since it was last asked. */
class Ear {
  #text = "";

  hear(chunk: string): void {
    this.#text += chunk;
  }

  get lines(): string[] {
    return this.#text.split("\r\n").slice(0, -1);
  }

  take(): string[] {
    const lines = this.lines;
    this.#text = this.#text.slice(this.#text.lastIndexOf("\r\n") + 2);
    return lines;
  }
}

const isReply = (line: string): boolean => /^\{"(?:return|error|id)"/.test(line);

async function settle(ear: Ear, step: QmpStep, gone: () => boolean): Promise<void> {
  const wanted = step.replies ?? 1;
  for (const end = Date.now() + STEP_LIMIT_MS; Date.now() < end && !gone();) {
    const lines = ear.lines;
    const complete = lines.filter(isReply).length >= wanted;
    const waited = step.until === undefined || lines.some((line) => line.includes(step.until ?? ""));
    if (complete && waited) break;
    await sleep(5);
  }
  for (let heard = -1; heard !== ear.lines.length;) {
    heard = ear.lines.length;
    await sleep(QUIET_MS);
  }
}

/** Holds one conversation with a paused peer and writes down every line, in order. */
export async function captureQmp(test: QmpCase, version: string): Promise<QmpGolden> {
  const workspace = new Workspace(test.files);
  const control = new Workspace();
  const ear = new Ear();
  const server = net.createServer();
  await new Promise<void>((resolve) => {
    server.listen(control.file("qmp.sock"), resolve);
  });
  const connected = new Promise<net.Socket>((resolve) => {
    server.once("connection", resolve);
  });
  const monitor = ["-S", "-qmp", `unix:${control.file("qmp.sock")}`];
  const child = track(
    spawn(PEER, [...monitor, ...workspace.expand(test.args)], {
      cwd: workspace.path,
      stdio: ["ignore", "ignore", "ignore"],
    }),
  );
  let left = false;
  const exited = new Promise<{ status: number | null; signal?: string }>((resolve) => {
    child.once("exit", (status, signal) => {
      left = true;
      resolve(signal === null ? { status } : { status, signal });
    });
  });
  const masked = new Set<string>();
  const mask = (line: string): string => maskQmp(workspace.mask(line).replaceAll(control.path, "{control}"), masked);
  try {
    const socket = await Promise.race([connected, exited]);
    if (!(socket instanceof net.Socket)) throw new Error(`${test.name}: the peer did not start`);
    socket.setEncoding("utf8").on("data", (chunk: string) => ear.hear(chunk));
    socket.on("error", () => undefined);
    await settle(ear, { replies: 0, until: '"QMP"' }, () => left);
    const greeting = ear.take().map(mask);
    const exchanges: QmpExchange[] = [];
    for (const step of test.steps) {
      const [send] = workspace.expand([step.send ?? ""]);
      socket.write(step.hex === undefined ? `${send ?? ""}\n` : Buffer.from(step.hex, "hex"));
      await settle(ear, step, () => left);
      const sent = step.hex === undefined ? { send: step.send ?? "" } : { hex: step.hex };
      exchanges.push({ ...sent, lines: ear.take().map(mask) });
    }
    return {
      name: test.name,
      peer: version,
      args: test.args,
      files: test.files ?? [],
      greeting: greeting[0] ?? "",
      exchanges,
      ...(left ? await exited : { status: null }),
      masked: [...masked].sort(),
    };
  } finally {
    child.kill("SIGKILL");
    await exited;
    server.close();
    workspace.remove();
    control.remove();
  }
}
