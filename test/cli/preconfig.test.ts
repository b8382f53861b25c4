// A conversation during the pause ahead of the board; the answers are the peer's.
import type { JsonObject } from "backplane";
import { expect, test } from "vitest";
import { System } from "./system.ts";

const ARGS = "-nodefaults -display none --preconfig -m 128 -object memory-backend-ram,id=ram,size=128M".split(" ");

/** Sends commands one by one; returns what answers them, and the events in between. */
async function talk(args: readonly string[], commands: readonly (readonly [string, JsonObject?])[]) {
  const system = new System(["-machine", "q35,smp.cpus=2,smp.sockets=2", ...ARGS, "-qmp", "stdio", ...args]);
  const lines = (): string[] => system.stdout.text.split("\r\n").slice(1, -1);
  const isAnswer = (line: string): boolean => /^\{"(?:return|error)"/.test(line);
  const all = [["qmp_capabilities"] as const, ...commands];
  for (const [index, [execute, args = {}]] of all.entries()) {
    system.stdin.write(JSON.stringify({ execute, arguments: args }));
    const answered = system.stdout.until(() => lines().filter(isAnswer).length > index);
    await Promise.race([answered, system.status]);
  }
  system.stdin.write(JSON.stringify({ execute: "quit" }));
  const status = await system.status;
  const said = lines().map(
    (line) => JSON.parse(line) as { return?: unknown; error?: { desc: string }; event?: string },
  );
  return {
    status,
    said: said.map((line) => line.error?.desc ?? line.event ?? line.return),
    stderr: system.stderr.text,
  };
}

test("nodes are added, processors are assigned, and the machine is built", async () => {
  const { status, said } = await talk(
    [],
    [
      ["query-status"],
      ["set-numa-node", { type: "node", nodeid: 0, memdev: "ram" }],
      ["set-numa-node", { type: "node", nodeid: 1 }],
      ["set-numa-node", { type: "node", nodeid: 1 }],
      ["set-numa-node", { type: "cpu", "node-id": 0, "socket-id": 1 }],
      ["set-numa-node", { type: "foo" }],
      ["query-hotpluggable-cpus"],
      ["query-cpus-fast"],
      ["x-exit-preconfig"],
      ["x-exit-preconfig"],
      ["set-numa-node", { type: "node" }],
    ],
  );
  const place = (socket: number) => ({ "core-id": 0, "thread-id": 0, "socket-id": socket });
  const cpu = { "vcpus-count": 1, type: "qemu64-x86_64-cpu" };
  expect(said.slice(1, -2)).toEqual([
    { status: "prelaunch", running: false },
    {},
    {},
    "Duplicate NUMA nodeid: 1",
    {},
    "Parameter 'type' does not accept value 'foo'",
    [
      { ...cpu, props: { ...place(1), "node-id": 0 } },
      { ...cpu, props: place(0) },
    ],
    "The command 'query-cpus-fast' is permitted only after machine initialization has completed",
    "RESUME",
    {},
    "The command is permitted only before machine initialization",
    "The command is permitted only before the machine has been created",
  ]);
  expect(status).toBe(0);
});

test("a machine that cannot be built ends, and the command is not answered", async () => {
  const { status, said, stderr } = await talk(["-device", "nosuch"], [["x-exit-preconfig"]]);
  expect([status, said]).toEqual([1, [{}]]);
  expect(stderr).toBe("{qemu}: -device nosuch: 'nosuch' is not a valid device model name\n");
});

test("a machine may be left before it is built", async () => {
  const { status, said } = await talk([], []);
  expect([status, said]).toEqual([0, [{}, "SHUTDOWN", {}]]);
});
