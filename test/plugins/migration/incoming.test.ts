// A machine that waits for a migration: where it may come from, what monitors say of it, and how it ends.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BLOCK_ACCESS, MACHINE_CONTROL, RAM_LIST, RUN_STATES, type Machine } from "backplane";
import { MIGRATION, type IncomingMigration } from "backplane/plugins/migration/contract";
import { incomingOrigin, readIncoming } from "../../../plugins/migration/incoming-argument.ts";
import { withRig, type Rig } from "./rig.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-incoming-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => path.join(folder, name);

const CONTENTS = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 31) % 253));
const AT = 0x12345;
const stream = file("stream");

function memory(machine: Machine): Buffer {
  const block = machine.service(RAM_LIST).byIdstr("ram");
  const bytes = Buffer.alloc(CONTENTS.length);
  if (block !== undefined) machine.service(BLOCK_ACCESS).read(block, AT, bytes);
  return bytes;
}

/** Saved while it ran. */
beforeAll(() =>
  withRig({ memory: 2 }, async (rig) => {
    const block = rig.machine.service(RAM_LIST).byIdstr("ram");
    if (block !== undefined) rig.machine.service(BLOCK_ACCESS).write(block, AT, CONTENTS);
    rig.machine.cont();
    await rig.migrate(`file:${stream}`);
  }),
);

const incoming = (rig: Rig): IncomingMigration | undefined => rig.machine.service(MIGRATION).incoming;
const runState = (rig: Rig): string => rig.machine.service(RUN_STATES).current;
const over = (rig: Rig): Promise<void> =>
  rig.when(() => incoming(rig)?.status === "completed" || incoming(rig)?.status === "failed");
const waiting = <T>(uri: string, use: (rig: Rig) => Promise<T>): Promise<T> =>
  withRig({ memory: 2, options: { migration: { incoming: uri } } }, use);

describe("a stream", () => {
  test.each([
    ["a file", "file", () => `file:${stream}`],
    ["a program", "exec", () => `exec:cat ${stream}`],
    [
      "a channel",
      "file",
      () => JSON.stringify({ "channel-type": "main", addr: { transport: "file", filename: stream, offset: 0 } }),
    ],
  ])("comes from %s, and the machine goes on with it", (_what, transport, uri) =>
    waiting(uri(), async (rig) => {
      await over(rig);
      expect(incoming(rig)).toEqual({ status: "completed", transport });
      expect(memory(rig.machine).equals(CONTENTS)).toBe(true);
      // It ran when it was saved, and this machine was told to wait.
      expect(runState(rig)).toBe("paused");
    }),
  );

  test("comes from the middle of a file", async () => {
    const { writeFileSync } = await import("node:fs");
    writeFileSync(file("behind"), Buffer.concat([Buffer.alloc(777, 0xee), readFileSync(stream)]));
    await waiting(`file:${file("behind")},offset=777`, async (rig) => {
      await over(rig);
      expect(incoming(rig)?.status).toBe("completed");
    });
  });

  test.each(["unix", "tcp"])("comes through a socket (%s) from whoever connects first", (transport) => {
    const uri = transport === "unix" ? `unix:${file("sock")}` : "tcp:127.0.0.1:0";
    return waiting(uri, async (rig) => {
      expect(runState(rig)).toBe("inmigrate");
      const { status, "socket-address": addresses } = (await rig.run("query-migrate")) as {
        readonly status: string;
        readonly "socket-address": readonly { readonly port: string; readonly path: string }[];
      };
      expect(status).toBe("setup");
      const [address] = addresses;
      const socket = connect(
        transport === "unix" ? { path: file("sock") } : { port: Number(address?.port), host: "127.0.0.1" },
      );
      socket.end(readFileSync(stream));
      await over(rig);
      expect(incoming(rig)).toEqual({ status: "completed", transport });
      expect(memory(rig.machine).equals(CONTENTS)).toBe(true);
      expect(await rig.query()).toEqual({ status: "completed" });
      expect(existsSync(file("sock"))).toBe(false);
    });
  });

  test("that nobody sends is given up with the machine, and nothing is left of it", () =>
    waiting(`unix:${file("sock")}`, async (rig) => {
      expect(incoming(rig)?.status).toBe("setup");
      await rig.machine.dispose();
      expect(existsSync(file("sock"))).toBe(false);
    }));

  test("that a program does not send is given up with the machine, and the program with it", () =>
    waiting("exec:sleep 1000", (rig) => {
      expect(incoming(rig)?.status).toBe("setup");
      return Promise.resolve();
    }));

  test("moves from one machine to another", () =>
    waiting(`unix:${file("move")}`, (destination) =>
      withRig({ memory: 2 }, async (source) => {
        source.machine.cont();
        expect(await source.migrate(`unix:${file("move")}`)).toBe("completed");
        await over(destination);
        expect([runState(source), runState(destination)]).toEqual(["postmigrate", "paused"]);
      }),
    ));
});

describe("a machine that waits to be told from where", () => {
  test("refuses what it cannot do yet, and says what it waits for", () =>
    waiting("defer", async (rig) => {
      expect(incoming(rig)).toEqual({ status: "deferred", transport: undefined });
      expect(await rig.answer("query-migrate")).toBe("{}");
      expect(await rig.answer("migrate", { uri: "exec:cat" })).toBe("Guest is waiting for an incoming migration");
      expect(await rig.answer("migrate-incoming", {})).toBe("need either 'uri' or 'channels' argument");
      expect(await rig.answer("migrate-incoming", { channels: [] })).toBe(
        "Channel list must have only one entry, for type 'main'",
      );
    }));

  test("may be told again when the first place was none, and only once when it was one", () =>
    waiting("defer", async (rig) => {
      expect(await rig.answer("migrate-incoming", { uri: `file:${file("nowhere")}` })).toBe(
        `Could not open '${file("nowhere")}': No such file or directory`,
      );
      await rig.run("migrate-incoming", { uri: `file:${stream}` });
      expect(await rig.answer("migrate-incoming", { uri: `file:${stream}` })).toBe(
        "The incoming migration has already been started",
      );
      await over(rig);
    }));

  test("tells of every state, and of the guest between the last two", () =>
    waiting("defer", async (rig) => {
      await rig.switchOn("events");
      // `cont` before it has come: the guest goes on as soon as it has.
      rig.machine.service(MACHINE_CONTROL).cont();
      expect(runState(rig)).toBe("inmigrate");
      const seen: string[] = [];
      rig.machine.service(MIGRATION).onIncoming(({ status }) => seen.push(`${status} ${runState(rig)}`));
      await rig.run("migrate-incoming", { uri: `file:${stream}` });
      await rig.when(() => rig.events.includes("MIGRATION completed"));
      expect(rig.events).toEqual(["MIGRATION setup", "MIGRATION active", "RESUME", "MIGRATION completed"]);
      expect(seen).toEqual(["setup inmigrate", "active inmigrate", "completed inmigrate"]);
      expect(runState(rig)).toBe("running");
    }));

  test("stays where it is when the stream is none and the process is to go on", () =>
    waiting("defer", async (rig) => {
      await rig.run("migrate-incoming", { uri: "exec:echo nonsense", "exit-on-error": false });
      await over(rig);
      expect(await rig.query()).toEqual({
        status: "failed",
        "error-desc": "load of migration failed: Invalid argument",
      });
      expect([runState(rig), rig.machine.leaving]).toEqual(["inmigrate", undefined]);
      expect(rig.log.at(-1)?.message).toBe("Not a migration stream");
    }));
});

test("a machine that was not started to wait is given none", () =>
  withRig({ memory: 2 }, async (rig) => {
    expect(incoming(rig)).toBeUndefined();
    expect(await rig.answer("migrate-incoming", { uri: `file:${stream}` })).toBe(
      "'-incoming' was not specified on the command line",
    );
  }));

test("a place that cannot be opened fails the machine, and the error points at the option", async () => {
  await expect(waiting(`file:${file("nowhere")}`, () => Promise.resolve())).rejects.toMatchObject({
    code: "INCOMING_OPEN",
    message: `Could not open '${file("nowhere")}': No such file or directory`,
  });
});

describe("-incoming", () => {
  test.each([
    ["defer", "defer"],
    ["file:/a,offset=4k", { transport: "file", filename: "/a", offset: 4096 }],
    ["main,addr.transport=file,addr.filename=/a,,b,addr.offset=7", { transport: "file", filename: "/a,b", offset: 7 }],
    [
      "channel-type=main,addr.transport=exec,addr.args.0=/bin/cat,addr.args.1=/a",
      { transport: "exec", args: ["/bin/cat", "/a"] },
    ],
    [
      "main,addr.transport=socket,addr.type=inet,addr.host=h,addr.port=1,addr.ipv4=on",
      { transport: "socket", type: "inet", ipv4: true },
    ],
  ])("%s", (text, expected) => {
    const found = incomingOrigin(text);
    if (typeof expected === "string") expect(found).toBe(expected);
    else expect(found).toMatchObject(expected);
  });

  // As QEMU 10.0.2 says it.
  test.each([
    ["blah", "Parameter 'channel-type' does not accept value 'blah'"],
    ["", "Parameter 'channel-type' is missing"],
    ["blah:", "unknown migration protocol: blah:"],
    ['{"channel-type":"main"}', "Parameter 'addr' is missing"],
    ['{"channel-type":"foo"}', "Parameter 'channel-type' does not accept value 'foo'"],
    ['{"channel-type":"main","addr":{"transport":"file","filename":"/x"}}', "Parameter 'addr.offset' is missing"],
    ["{bad", "JSON parse error, invalid keyword 'bad'"],
    ["unix:", "invalid Unix socket address"],
    ["tcp:foo", "error parsing address 'foo'"],
  ])("%s is refused", (text, message) => {
    const occurrence = { text: `-incoming ${text}`, argument: text, pairs: [] };
    expect(() => readIncoming([occurrence])).toThrow(message);
  });

  test("counts when it comes last, and is read each time", () => {
    const given = (argument: string) => ({ text: `-incoming ${argument}`, argument, pairs: [] });
    expect(readIncoming([given("file:/a"), given("defer")])).toBe("defer");
    expect(() => readIncoming([given("defer"), given("blah:")])).toThrow("unknown migration protocol: blah:");
  });
});
