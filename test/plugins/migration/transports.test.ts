import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import { describe, expect, test } from "vitest";
import { MACHINE_CONTROL, RUN_STATES } from "backplane";
import { withRig, type Rig } from "./rig.ts";

/** Listens and accepts, but reads nothing. */
async function deaf(at: string): Promise<{ socket: Promise<net.Socket>; close(): void }> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(at);
  await once(server, "listening");
  const socket = once(server, "connection").then(([accepted]) => {
    (accepted as net.Socket).on("error", () => undefined);
    return accepted as net.Socket;
  });
  return { socket, close: () => server.close() };
}

/** Ended ones that nobody has asked after do not count: who started them may have gone first. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** The URI of a program that says who it is and then does not read. */
const stuck = (rig: Rig): string => `exec:echo $$ > ${rig.file("pid")}; exec sleep 1000`;
const pidOf = (rig: Rig): number => Number(readFileSync(rig.file("pid"), "utf8"));

/** Until the write into the pipe does not go on. */
async function untilStuck(rig: Rig): Promise<void> {
  await rig.until("active");
  await rig.when(async () => (await rig.query()).ram["duplicate"] === 7281);
  await rig.when(() => existsSync(rig.file("pid")) && readFileSync(rig.file("pid"), "utf8").endsWith("\n"));
}

describe("a pipe that nobody reads", () => {
  test("takes what the peer's takes, and shows it", () =>
    withRig({}, async (rig) => {
      await rig.run("migrate", { uri: stuck(rig) });
      await untilStuck(rig);
      const reply = await rig.query();
      expect(reply).toMatchObject({
        status: "active",
        ram: { transferred: 32830, duplicate: 7281, remaining: 37285888, "downtime-bytes": 65524, "precopy-bytes": 0 },
      });
    }));

  test("counts for the running guest while that runs", () =>
    withRig({}, async (rig) => {
      rig.machine.service(MACHINE_CONTROL).cont();
      await rig.run("migrate", { uri: stuck(rig) });
      await untilStuck(rig);
      expect((await rig.query()).ram).toMatchObject({ "downtime-bytes": 0, "precopy-bytes": 65524 });
      expect(rig.machine.service(RUN_STATES).current).toBe("running");
    }));

  test("stays cancelling for as long as it is stuck, and is then cancelled", () =>
    withRig({}, async (rig) => {
      await rig.switchOn("events");
      await rig.run("migrate", { uri: stuck(rig) });
      await untilStuck(rig);
      await rig.run("migrate_cancel");
      await rig.run("migrate_cancel");
      expect(await rig.query()).toMatchObject({ status: "cancelling", ram: { transferred: 32830 } });
      expect(await rig.answer("migrate", { uri: "exec:true" })).toBe("There's a migration process in progress");
      expect(await rig.answer("migrate-set-capabilities", { capabilities: [] })).toBe(
        "There's a migration process in progress",
      );
      process.kill(pidOf(rig), "SIGTERM");
      expect(await rig.settled()).toBe("cancelled");
      expect(await rig.query()).toEqual({ status: "cancelled" });
      expect(rig.events.slice(-3)).toEqual(["MIGRATION cancelling", "MIGRATION cancelling", "MIGRATION cancelled"]);
    }));

  test("leaves no program behind when the machine goes", async () => {
    const pid = await withRig({}, async (rig) => {
      await rig.run("migrate", { uri: stuck(rig) });
      await untilStuck(rig);
      return pidOf(rig);
    });
    expect(isAlive(pid)).toBe(false);
  });

  test("leaves no program behind that its program started and left", async () => {
    const pid = await withRig({}, async (rig) => {
      expect(await rig.migrate(`exec:sleep 1000 & echo $! > ${rig.file("pid")}`)).toBe("failed");
      return pidOf(rig);
    });
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("leaves no name in the host's temporary folder", () =>
    withRig({}, async (rig) => {
      await rig.run("migrate", { uri: stuck(rig) });
      expect(readdirSync(os.tmpdir()).filter((name) => name.startsWith("backplane-pipe-"))).toEqual([]);
    }));
});

describe("a socket that nobody reads", () => {
  test("stays active, and ends when it is cancelled", () =>
    withRig({ memory: 512 }, async (rig) => {
      const listening = await deaf(rig.file("socket"));
      await rig.switchOn("events");
      await rig.run("migrate", { uri: `unix:${rig.file("socket")}` });
      const accepted = await listening.socket;
      await rig.until("active");
      await rig.when(async () => (await rig.query()).ram["duplicate"] === 29126);
      expect(await rig.query()).toMatchObject({
        status: "active",
        ram: { transferred: 229438, "downtime-bytes": 262129 },
      });
      await rig.run("migrate_cancel");
      expect(await rig.settled()).toBe("cancelled");
      expect(await rig.query()).toEqual({ status: "cancelled" });
      accepted.destroy();
      listening.close();
    }));

  test("fails the migration when its other end goes, and the guest goes on", () =>
    withRig({ memory: 512 }, async (rig) => {
      rig.machine.service(MACHINE_CONTROL).cont();
      const listening = await deaf(rig.file("socket"));
      await rig.run("migrate", { uri: `unix:${rig.file("socket")}` });
      const accepted = await listening.socket;
      await rig.until("active");
      await rig.when(async () => (await rig.query()).ram["transferred"] === 229438);
      accepted.destroy();
      expect(await rig.settled()).toBe("failed");
      expect(await rig.query()).toEqual({
        status: "failed",
        "error-desc": expect.stringMatching(/^Unable to write to socket: (Broken pipe|Connection reset by peer)$/),
      });
      expect(rig.machine.service(RUN_STATES).current).toBe("running");
      listening.close();
    }));
});

describe("a transport that cannot be opened", () => {
  const immediate: readonly (readonly [string, string])[] = [
    ["file:", "Could not create '': No such file or directory"],
    ["file:/nonexistent/x", "Could not create '/nonexistent/x': No such file or directory"],
    ["file:/", "Could not create '/': Is a directory"],
    ["file:/dev/full", "failed to truncate migration file to offset 0: Invalid argument"],
    ["fd:foo", "File descriptor named 'foo' has not been found"],
    ["rdma:localhost:1", "RDMA ERROR: could not create CM channel"],
  ];

  test.each(immediate)("%s is refused, and failed", (uri, text) =>
    withRig({}, async (rig) => {
      await rig.switchOn("events");
      expect(await rig.answer("migrate", { uri })).toBe(text);
      expect(await rig.query()).toEqual({ status: "failed", "error-desc": text });
      expect(rig.events).toEqual(["MIGRATION setup", "MIGRATION failed"]);
    }),
  );

  const later: readonly (readonly [string, string])[] = [
    ["tcp:127.0.0.1:1", "Failed to connect to '127.0.0.1:1': Connection refused"],
    ["tcp:127.0.0.1:x", "address resolution failed for 127.0.0.1:x: Servname not supported for ai_socktype"],
    ["tcp::4444", "address resolution failed for :4444: Name or service not known"],
    ["unix:/nonexistent", "Failed to connect to '/nonexistent': No such file or directory"],
    [`unix:/${"a".repeat(120)}`, `UNIX socket path '/${"a".repeat(120)}' is too long`],
    ["vsock:x:1", "Failed to parse cid 'x'"],
  ];

  test.each(later)("%s is accepted, and fails", (uri, text) =>
    withRig({}, async (rig) => {
      expect(await rig.answer("migrate", { uri })).toBe("{}");
      expect(await rig.settled()).toBe("failed");
      expect(await rig.query()).toEqual({ status: "failed", "error-desc": text });
    }),
  );

  test.each([
    [["/nonexistent"], "Failed to execute child process “/nonexistent” (No such file or directory)"],
    [["nonexistent-program", "x"], "Failed to execute child process “nonexistent-program” (No such file or directory)"],
    [["/etc/passwd"], "Failed to execute child process “/etc/passwd” (Permission denied)"],
  ])("%j is refused, and failed", (args, text) =>
    withRig({}, async (rig) => {
      const channels = [{ "channel-type": "main", addr: { transport: "exec", args } }];
      expect(await rig.answer("migrate", { channels })).toBe(text);
      expect(await rig.query()).toEqual({ status: "failed", "error-desc": text });
    }),
  );

  test("may be followed by one that can", () =>
    withRig({}, async (rig) => {
      await rig.answer("migrate", { uri: "file:/nonexistent/x" });
      expect(await rig.migrate(`file:${rig.file("stream")}`)).toBe("completed");
      expect(await rig.query()).not.toHaveProperty("error-desc");
    }));
});

describe("a program", () => {
  test.each(["exit 3", "true", "sleep 0.05"])("that leaves without reading (%s) fails the migration", (command) =>
    withRig({}, async (rig) => {
      expect(await rig.migrate(`exec:${command}`)).toBe("failed");
      expect(await rig.query()).toEqual({
        status: "failed",
        "error-desc": "Unable to write to command: Broken pipe",
      });
      expect(rig.machine.service(RUN_STATES).current).toBe("prelaunch");
    }),
  );

  test("may end what it does with a complete stream after the machine has gone", async () => {
    const size = await withRig({}, async (rig) => {
      const done = rig.file("done");
      await rig.migrate(`exec:cat > /dev/null; sleep 0.1; echo done > ${done}`);
      await rig.machine.dispose();
      return readFileSync(done, "utf8");
    });
    expect(size).toBe("done\n");
  });

  test("is ended when it takes longer than it may", async () => {
    const pid = await withRig({ options: { migration: { exitGrace: 0 } } }, async (rig) => {
      await rig.migrate(`exec:echo $$ > ${rig.file("pid")}; cat > /dev/null; exec sleep 1000`);
      return pidOf(rig);
    });
    expect(isAlive(pid)).toBe(false);
  });
});

test("a machine that goes while it connects leaves nothing that keeps the process alive", async () => {
  const open = (): number => process.getActiveResourcesInfo().filter((kind) => /Pipe|TCP|Process/.test(kind)).length;
  const before = open();
  await withRig({}, async (rig) => {
    const listening = await deaf(rig.file("socket"));
    await rig.run("migrate", { uri: `unix:${rig.file("socket")}` });
    (await listening.socket).destroy();
    listening.close();
  });
  await expect.poll(open).toBeLessThanOrEqual(before);
});
