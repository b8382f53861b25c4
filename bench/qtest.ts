// A register's round trip over the test protocol: us, a bare echo in another process, and the peer, in alternation.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { median, type BenchRow } from "./row.ts";

const PEER = "qemu-system-x86_64";
const ROUNDS = 15;
const TRIPS = 2000;
/** Round trip that a test program of the peer's may cost, in microseconds. */
const LIMIT_US = 60;

const ECHO = `const s=require("node:net").connect(process.argv[1]);
s.on("data",()=>s.write("OK 0x0000000000000000\\n"));s.on("close",()=>process.exit())`;

interface Server {
  readonly child: ChildProcess;
  readonly socket: Socket;
}

/** Starts a program that connects to us. */
async function start(folder: string, name: string, command: (socket: string) => readonly string[]): Promise<Server> {
  const file = path.join(folder, `${name}.sock`);
  const server = createServer().listen(file);
  await once(server, "listening");
  const [program = "", ...args] = command(file);
  const child = spawn(program, args, { stdio: "ignore" });
  const arrived = once(server, "connection");
  const gone = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => reject(new Error(`${program} ended with ${status} before it connected`)));
  });
  gone.catch(() => undefined);
  const [socket] = (await Promise.race([arrived, gone])) as [Socket];
  server.close();
  return { child, socket };
}

/** Microseconds of a round trip, with the client that asks. */
function measure({ socket }: Server): Promise<number> {
  const begin = process.hrtime.bigint();
  let left = TRIPS;
  return new Promise((resolve) => {
    const ask = (): void => {
      if (left-- > 0) {
        socket.write("readb 0xfec00000\n");
        return;
      }
      socket.removeListener("data", ask);
      resolve(Number(process.hrtime.bigint() - begin) / TRIPS / 1000);
    };
    socket.on("data", ask);
    ask();
  });
}

export async function bench(): Promise<readonly BenchRow[]> {
  const root = process.env["BACKPLANE_ROOT"] ?? process.cwd();
  const machine = (socket: string): string[] =>
    `-nodefaults -display none -S -machine q35 -qtest unix:${socket} -qtest-log /dev/null`.split(" ");
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-bench-"));
  const servers: Server[] = [];
  try {
    const add = async (name: string, command: (socket: string) => readonly string[]): Promise<Server> => {
      const server = await start(folder, name, command);
      servers.push(server);
      return server;
    };
    const ours = await add("ours", (socket) => [path.join(root, "bin/backplane-system-x86_64"), ...machine(socket)]);
    const echo = await add("echo", (socket) => [process.execPath, "-e", ECHO, socket]);
    // Without the accelerator it still has the protocol: halted, its guest is as still.
    const peer = await add("peer", (socket) => [PEER, ...machine(socket)]).catch(() => undefined);
    const times = { ours: [] as number[], echo: [] as number[], peer: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      times.ours.push(await measure(ours));
      times.echo.push(await measure(echo));
      if (peer !== undefined) times.peer.push(await measure(peer));
    }
    const of = (values: readonly number[]): number => median(values.slice(3));
    const row = (against: string, baseline: number, aim?: number): BenchRow => ({
      name: "readb, there and back",
      against,
      ours: of(times.ours),
      baseline,
      unit: "µs",
      ...(aim === undefined ? {} : { aim }),
    });
    return [
      ...(peer === undefined ? [] : [row("the peer", of(times.peer), 1)]),
      row("an echo", of(times.echo)),
      row(`${LIMIT_US} µs`, LIMIT_US, 1),
    ];
  } finally {
    for (const { child, socket } of servers) {
      socket.destroy();
      child.kill();
    }
    rmSync(folder, { recursive: true, force: true });
  }
}
