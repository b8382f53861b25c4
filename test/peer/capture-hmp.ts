import { spawn } from "node:child_process";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hmpCases, type HmpCase } from "./cases/hmp.ts";
import {
  type HmpAnswer,
  type HmpGolden,
  type HmpHelp,
  type HmpMachine,
  type HmpPhase,
  maskHuman,
} from "./hmp-golden.ts";
import { LineChannel } from "./line-channel.ts";
import { PEER, track } from "./peer.ts";
import { Workspace } from "./workspace.ts";

const POLL_MS = 40;
const IDLE_POLLS = 4;
const BOOT_LIMIT_MS = 20_000;

type Ask = (line: string) => Promise<string>;

/** Starts a paused peer with nothing but one monitor added, and ends it. */
async function withHumanMonitor<T>(test: Omit<HmpCase, "lines">, use: (ask: Ask) => Promise<T>): Promise<T> {
  const workspace = new Workspace(test.files);
  const control = new Workspace();
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(control.file("qmp.sock"), resolve));
  const connected = new Promise<net.Socket>((resolve) => server.once("connection", resolve));
  const child = track(
    spawn(PEER, ["-S", "-qmp", `unix:${control.file("qmp.sock")}`, ...workspace.expand(test.args)], {
      cwd: workspace.path,
      stdio: "ignore",
    }),
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    const socket = await Promise.race([connected, exited]);
    if (socket === undefined) throw new Error(`${test.name}: the peer did not start`);
    const channel = new LineChannel(socket);
    await channel.next();
    const execute = async (name: string, args?: object): Promise<string> => {
      channel.send(`${JSON.stringify({ execute: name, arguments: args })}\n`);
      for (;;) {
        const reply = JSON.parse(await channel.next()) as {
          return?: unknown;
          event?: string;
          error?: { desc: string };
        };
        if (reply.event !== undefined) continue;
        if (reply.error !== undefined) return `QMP: ${reply.error.desc}`;
        return typeof reply.return === "string" ? reply.return : "";
      }
    };
    await execute("qmp_capabilities");
    return await use(async (line) => {
      const [expanded = ""] = workspace.expand([line]);
      const text = await execute("human-monitor-command", { "command-line": expanded });
      return workspace.mask(text).replaceAll(control.path, "{control}");
    });
  } finally {
    child.kill("SIGKILL");
    await exited;
    server.close();
    workspace.remove();
    control.remove();
  }
}

/** Asks line after line. A line that the peer does not survive is noted, and the next is asked of another peer. */
async function answers(
  test: HmpCase,
  lines: readonly string[],
  prepare: (ask: Ask) => Promise<void>,
): Promise<HmpAnswer[]> {
  const result: HmpAnswer[] = [];
  while (result.length < lines.length) {
    await withHumanMonitor(test, async (ask) => {
      await prepare(ask);
      for (const line of lines.slice(result.length)) {
        const text = await ask(line).catch(() => undefined);
        result.push({ line, text: text === undefined ? null : maskHuman(line, text).split("\n") });
        if (text === undefined) return;
      }
    });
  }
  return result;
}

/** Runs the firmware until the boot processor halts for good; see `capture-acpi.ts`. */
async function boot(ask: Ask): Promise<void> {
  await ask("cont");
  let idle = 0;
  for (const end = Date.now() + BOOT_LIMIT_MS; idle < IDLE_POLLS && Date.now() < end;) {
    await sleep(POLL_MS);
    idle = (await ask("info registers")).includes("HLT=1") ? idle + 1 : 0;
  }
  await ask("stop");
}

/** What a machine answers differently, or only, once its firmware has run. */
const AFTER_BOOT = /^info (?:mtree|ramblock|roms|pci|pic|lapic|cpus|memory|status|qtree|vm-gen|numa)/;

async function captureMachine(test: HmpCase): Promise<HmpMachine> {
  const phases: HmpPhase[] = [{ phase: "start", answers: await answers(test, test.lines, async () => undefined) }];
  if (test.boots) {
    const lines = test.lines.filter((line) => AFTER_BOOT.test(line));
    phases.push({ phase: "firmware", answers: await answers(test, lines, boot) });
  }
  const { name, args, files } = test;
  return { name, args, files, phases };
}

/** Names and parameters, which a command line needs; the sentences are the peer's own. */
function heads(text: string): string[] {
  return text
    .split("\r\n")
    .filter((line) => line.includes(" -- "))
    .map((line) => line.slice(0, line.indexOf(" -- ")));
}

async function captureHelp(): Promise<HmpHelp> {
  const test = { name: "help", args: ["-machine", "none", "-display", "none", "-nodefaults"], files: [], boots: false };
  return withHumanMonitor(test, async (ask) => ({
    commands: heads(await ask("help")),
    info: heads(await ask("help info")),
  }));
}

export async function captureHmp(version: string): Promise<HmpGolden> {
  const machines: HmpMachine[] = [];
  for (const test of hmpCases) machines.push(await captureMachine(test));
  return { peer: version, help: await captureHelp(), machines };
}
