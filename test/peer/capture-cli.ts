import { spawn } from "node:child_process";
import net from "node:net";
import { cliFiles } from "./cases/cli.ts";
import type { CliCase } from "./cases/cli-case.ts";
import type { CliGolden } from "./golden.ts";
import { PEER, track } from "./peer.ts";
import { type CaseFile, Workspace } from "./workspace.ts";

const TIME_LIMIT_MS = 10_000;
const LEAVE = ["qmp_capabilities", "query-status", "quit"].map((execute) => JSON.stringify({ execute })).join("\n");

/**
 * Runs one command line to its end. A monitor of our own, in front of the case's arguments so that a missing argument
 * stays missing, tells a machine that started to leave again: what starts ends with status 0 and `started` set.
 */
export async function captureCli(test: CliCase, files: readonly CaseFile[] = cliFiles): Promise<CliGolden> {
  const workspace = new Workspace(files);
  // The monitor's socket must not lie among the files of the case.
  const control = new Workspace();
  let heard = "";
  const server = net.createServer((socket) => {
    socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
    socket.on("error", () => undefined);
    socket.write(`${LEAVE}\n`);
  });
  await new Promise<void>((resolve) => {
    server.listen(control.file("qmp.sock"), resolve);
  });
  const monitor = ["-S", "-qmp", `unix:${control.file("qmp.sock")}`];
  const child = track(
    spawn(PEER, [...monitor, ...workspace.expand(test.args)], {
      cwd: workspace.path,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), TIME_LIMIT_MS);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => (output[name] += chunk));
  }
  try {
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, signal) => resolve([status, signal]));
    });
    const mask = (text: string): string => workspace.mask(text).replaceAll(PEER, "{qemu}");
    return {
      name: test.name,
      args: test.args,
      started: heard.includes('"return": {"status"'),
      ...(signal === null ? { status: status ?? -1 } : { status: -1, signal }),
      stdout: mask(output.stdout),
      stderr: mask(output.stderr),
    };
  } finally {
    clearTimeout(timer);
    server.close();
    workspace.remove();
    control.remove();
  }
}
