// -daemonize: the machine runs in a process of its own, without a terminal. Whoever started it waits until the machine is
// made and learns whether it was. Loaded when somebody wants it.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import type { Writable } from "node:stream";

/** Says that this process is the one that stays. */
const MARK = "BACKPLANE_DAEMON";
const READY = "ready";
const STANDARD_STREAMS = [0, 1, 2];

export function isDaemon(): boolean {
  return process.env[MARK] !== undefined;
}

/** Runs the command line again in a process that stays, and returns when its machine is made, or could not be. */
export async function startDaemon(stderr: Pick<Writable, "write">): Promise<number> {
  const [, script = ""] = process.argv;
  const child = spawn(process.execPath, [...process.execArgv, script, ...process.argv.slice(2)], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, [MARK]: "1" },
  });
  child.stderr?.on("data", (chunk: Buffer) => void stderr.write(chunk));
  let isReady = false;
  child.once("message", (message) => {
    isReady = message === READY;
  });
  // The process that stays closes its standard error when it is ready, and every other one when it ends.
  const said = child.stderr === null ? Promise.resolve() : once(child.stderr, "close");
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await Promise.race([ended, said]);
  await said;
  child.unref();
  return isReady ? 0 : 1;
}

/** The machine is made: nothing of the terminal is left from here on. */
export async function leaveTerminal(): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(READY, () => resolve());
  });
  process.disconnect();
  process.chdir("/");
  for (const stream of STANDARD_STREAMS) {
    closeSync(stream);
    // The lowest free descriptor is the one that was closed.
    openSync("/dev/null", "r+");
  }
}
