// Nothing of a machine stays: not after a build that failed, not after a machine was released, whatever it was doing.
import { readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkArguments, COMMANDS, type JsonObject, type Machine } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { build } from "../../cli/run/run.ts";
import { Watched } from "./leftovers.ts";

const samples = path.resolve(import.meta.dirname, "../fixtures/machines");
const configs = path.resolve(import.meta.dirname, "../../configs");
const isLinux = process.platform === "linux";

let watched: Watched;
beforeAll(async () => {
  watched = new Watched();
  // What a process loads once (code, a native library) is no leftover.
  await (await build(path.join(configs, "acpi-resize.yaml"))).machine.dispose();
});
afterAll(() => watched.remove());

function execute(machine: Machine, name: string, given: JsonObject = {}) {
  const command = machine.service(COMMANDS).find(name);
  if (command === undefined) throw new Error(`there is no ${name}`);
  return command.run(checkArguments(command.arguments, given), {
    id: "test",
    onClose: () => ({ dispose: () => undefined }),
  });
}

/** Resolves when the migration has the status. */
async function reached(machine: Machine, status: string): Promise<void> {
  const migration = machine.service(MIGRATION);
  if (migration.status === status) return;
  await new Promise<void>((resolve) => {
    const watch = migration.onChange(({ to }) => {
      if (to !== status) return;
      void watch.dispose();
      resolve();
    });
  });
}

/** A destination that takes connections and never reads. */
async function silent(at: net.ListenOptions) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return {
    address: server.address(),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function connect(socketPath: string): Promise<net.Socket> {
  const socket = net.connect(socketPath);
  await new Promise((resolve) => socket.once("connect", resolve));
  await new Promise((resolve) => socket.once("data", resolve));
  socket.write('{"execute":"qmp_capabilities"}');
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

async function closed(socket: net.Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

/** A machine with memory in files, a guest, and two monitors on sockets. */
function definition(): string {
  const file = watched.file("machine.yaml");
  writeFileSync(
    file,
    `machine: { type: q35, nvdimm: on }
memory: { size: 256M, slots: 2, max: 1G }
objects:
  - { type: memory-backend-file, id: shared, size: 2M, mem-path: ./shared, share: on }
  - { type: memory-backend-file, id: private, size: 2M, mem-path: ./private }
  - { type: memory-backend-memfd, id: anonymous, size: 2M }
devices:
  - { driver: pc-dimm, memdev: shared }
  - { driver: nvdimm, memdev: private }
qmp:
  monitors: [{ unix: ./one.sock }, { unix: ./two.sock }]
chardev:
  devices: [{ id: log, backend: file, path: ./log }]
`,
  );
  return file;
}

describe.skipIf(!isLinux)("a build that fails leaves nothing", () => {
  test.each(readdirSync(samples))("%s", async (name) => {
    const folder = path.join(samples, name);
    const file = readdirSync(folder).find((entry) => entry.startsWith("backplane.")) ?? "";
    const before = watched.held();
    const listed = readdirSync(folder);
    await expect(build(path.join(folder, file))).rejects.toThrow();
    expect(await watched.surplus(before)).toEqual([]);
    expect(readdirSync(folder)).toEqual(listed);
  });
});

describe.skipIf(!isLinux)("a machine that is released leaves nothing", () => {
  /** Runs a test with a machine; compares what is held before it was built with what is held after it was released. */
  async function leavesNothing(act: (machine: Machine) => Promise<void | (() => Promise<void>)>): Promise<void> {
    const file = definition();
    // The files of the backends are the user's: they stay.
    for (const name of ["shared", "private", "log"]) writeFileSync(watched.file(name), "");
    for (const name of ["shared", "private"]) writeFileSync(watched.file(name), Buffer.alloc(2 * 1024 * 1024));
    const before = watched.held();
    const { machine } = await build(file);
    let after: void | (() => Promise<void>);
    try {
      after = await act(machine);
    } finally {
      await machine.dispose();
    }
    await after?.();
    expect(await watched.surplus(before)).toEqual([]);
  }

  test.each(readdirSync(configs))("%s, built and released", async (name) => {
    const before = watched.held();
    await (await build(path.join(configs, name))).machine.dispose();
    expect(await watched.surplus(before)).toEqual([]);
  });

  test("at rest", () => leavesNothing(async () => undefined));

  test("released twice", () => leavesNothing((machine) => machine.dispose()));

  test("its guest running, its monitors connected", () =>
    leavesNothing(async (machine) => {
      const clients = [await connect(watched.file("one.sock")), await connect(watched.file("two.sock"))];
      machine.cont();
      for (const client of clients) client.on("error", () => undefined).resume();
      return async () => {
        await Promise.all(clients.map(closed));
      };
    }));

  const migrating = (uri: string) => async (machine: Machine) => {
    const client = await connect(watched.file("one.sock"));
    client.on("error", () => undefined).resume();
    // So slow that it is under way when the machine goes.
    await execute(machine, "migrate-set-parameters", { "max-bandwidth": 65536 });
    machine.cont();
    await execute(machine, "migrate", { uri });
    await reached(machine, "active");
    return () => closed(client);
  };

  test("migrating into a process that never reads", () => leavesNothing(migrating("exec:sleep 1000")));

  test("migrating into a process with processes of its own", () =>
    leavesNothing(migrating("exec:sleep 1000 & cat > /dev/null; wait")));

  test("migrating into a file", () => leavesNothing((machine) => migrating(`file:${watched.file("log")}`)(machine)));

  test("migrating into a UNIX socket", () =>
    leavesNothing(async (machine) => {
      const destination = await silent({ path: watched.file("destination.sock") });
      const after = await migrating(`unix:${watched.file("destination.sock")}`)(machine);
      return async () => {
        await after();
        await destination.close();
      };
    }));

  test("migrating into a TCP socket", () =>
    leavesNothing(async (machine) => {
      const destination = await silent({ port: 0, host: "127.0.0.1" });
      const { port } = destination.address as net.AddressInfo;
      const after = await migrating(`tcp:127.0.0.1:${port}`)(machine);
      return async () => {
        await after();
        await destination.close();
      };
    }));

  test("cancelled and stuck", () =>
    leavesNothing(async (machine) => {
      const after = await migrating("exec:sleep 1000")(machine);
      await execute(machine, "migrate_cancel");
      return after;
    }));
});
