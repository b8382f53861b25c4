import net from "node:net";
import { PassThrough, Writable } from "node:stream";
import { systemMain } from "../../cli/qemu/main.ts";
import { Workspace } from "../peer/workspace.ts";

/** Keeps what is written. */
export class Sink extends Writable {
  text = "";
  #watchers: (() => void)[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    for (const watcher of this.#watchers.splice(0)) watcher();
    done();
  }

  /** Resolves when the text holds what is looked for; the test's own time limit ends a vain wait. */
  async until(holds: (text: string) => boolean): Promise<void> {
    while (!holds(this.text)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }
}

/** `backplane-system-x86_64` within this process, on streams of the test's. */
export class System {
  readonly stdin = new PassThrough();
  readonly stdout = new Sink();
  readonly stderr = new Sink();
  readonly status: Promise<number>;
  readonly #stop = new AbortController();

  constructor(argv: readonly string[]) {
    const { stdin, stdout, stderr } = this;
    this.status = systemMain(argv, { stdin, stdout, stderr, program: "{qemu}", stop: this.#stop.signal });
  }

  /** As a signal of that number would. */
  signal(number: number): void {
    this.#stop.abort(number);
  }
}

export interface Outcome {
  readonly status: number;
  readonly started: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const LEAVE = ["qmp_capabilities", "query-status", "quit"].map((execute) => JSON.stringify({ execute })).join("\n");

/** Runs a command line as the capture of the goldens does: whatever starts is told by a monitor of the test's to leave. */
export async function runToEnd(args: readonly string[], workspace: Workspace): Promise<Outcome> {
  const control = new Workspace();
  let heard = "";
  const server = net.createServer((socket) => {
    socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
    socket.on("error", () => undefined);
    socket.write(`${LEAVE}\n`);
  });
  const path = control.file("qmp.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    const system = new System(["-S", "-qmp", `unix:${path}`, ...workspace.expand(args)]);
    const status = await system.status;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const mask = (text: string): string => workspace.mask(text);
    return {
      status,
      started: heard.includes('"return": {"status"'),
      stdout: mask(system.stdout.text),
      stderr: mask(system.stderr.text),
    };
  } finally {
    server.close();
    control.remove();
  }
}
