import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { INCOMING_STREAMS } from "./cases/incoming-streams.ts";
import type { IncomingGolden } from "./golden.ts";
import { PEER, track } from "./peer.ts";
import { Workspace } from "./workspace.ts";

const ARGS = ["-machine", "none", "-m", "64M", "-nodefaults", "-display", "none", "-S"];
/** By then a stream that is taken has been taken: the machine waits for nothing any more. */
const TAKEN_MS = 1500;

/** What the peer says to each stream, and whether it goes on. */
export async function captureIncoming(version: string): Promise<IncomingGolden> {
  const cases: { what: string; lines: string[]; ends: boolean }[] = [];
  for (const [what, stream] of Object.entries(INCOMING_STREAMS)) cases.push(await load(what, stream));
  return { peer: version, args: ARGS, cases };
}

async function load(what: string, stream: Buffer): Promise<{ what: string; lines: string[]; ends: boolean }> {
  const workspace = new Workspace();
  try {
    const file = workspace.file("stream");
    writeFileSync(file, stream);
    const child = track(spawn(PEER, [...ARGS, "-incoming", `file:${file}`], { stdio: ["ignore", "ignore", "pipe"] }));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const timer = setTimeout(() => child.kill("SIGKILL"), TAKEN_MS);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    clearTimeout(timer);
    const lines = said.split("\n").filter((line) => line !== "");
    return { what, lines: lines.map((line) => line.replace(/^[^ ]*qemu[^ ]*: /, "")), ends: status !== null };
  } finally {
    workspace.remove();
  }
}
