import { spawn } from "node:child_process";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type ReadlineCase, readlineCases } from "./cases/hmp-readline.ts";
import type { ReadlineConversation, ReadlineGolden } from "./hmp-readline-golden.ts";
import { PEER, track } from "./peer.ts";
import { Workspace } from "./workspace.ts";

const QUIET_MS = 250;

async function converse({ name, keys }: ReadlineCase): Promise<ReadlineConversation> {
  const control = new Workspace();
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(control.file("monitor.sock"), resolve));
  const connected = new Promise<net.Socket>((resolve) => server.once("connection", resolve));
  const machine = ["-S", "-machine", "none", "-nodefaults", "-display", "none"];
  const child = track(
    spawn(PEER, [...machine, "-monitor", `unix:${control.file("monitor.sock")}`], {
      cwd: control.path,
      stdio: "ignore",
    }),
  );
  try {
    const socket = await connected;
    let heard = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
    socket.on("error", () => undefined);
    /** Everything up to a silence. */
    const take = async (): Promise<string> => {
      for (let before = -1; before !== heard.length;) {
        before = heard.length;
        await sleep(QUIET_MS);
      }
      const text = heard;
      heard = "";
      return text;
    };
    const greeting = await take();
    const answers: string[] = [];
    for (const piece of keys) {
      socket.write(Buffer.from(piece, "latin1"));
      answers.push(await take());
    }
    return { name, keys, greeting, answers };
  } finally {
    child.kill("SIGKILL");
    server.close();
    control.remove();
  }
}

export async function captureReadline(version: string): Promise<ReadlineGolden> {
  const conversations: ReadlineConversation[] = [];
  for (const test of readlineCases) conversations.push(await converse(test));
  return { peer: version, conversations };
}
