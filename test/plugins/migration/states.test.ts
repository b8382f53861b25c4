import { once } from "node:events";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { byteLength, definePlugin, MACHINE_CONTROL, RUN_STATES } from "backplane";
import {
  MIGRATION,
  MIGRATION_STATE,
  type LiveSection,
  type MigrationChange,
} from "backplane/plugins/migration/contract";
import { withRig, type Rig } from "./rig.ts";

const runState = (rig: Rig): string => rig.machine.service(RUN_STATES).current;
const shut = "Channel error: Input/output error";

/** A live section whose phases wait until they are told to go on. */
function gate(phase: "setup" | "complete"): { plugin: ReturnType<typeof definePlugin<undefined>>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const section: LiveSection = {
    kind: "live",
    idstr: "gate",
    version: 1,
    setup: () => (phase === "setup" ? opened : Promise.resolve()),
    pending: () => 0,
    pendingExact: () => 0,
    iterate: () => Promise.resolve(),
    complete: () => (phase === "complete" ? opened : Promise.resolve()),
    cleanup: () => undefined,
    total: () => byteLength(0),
  };
  const plugin = definePlugin({
    id: "gate",
    apiVersion: 1,
    summary: "holds a migration",
    requires: [MIGRATION_STATE],
    attach: (machine) => void machine.own(machine.use(MIGRATION_STATE).add(section)),
  });
  return { plugin, open };
}

/** A device whose requests end, when the guest has stopped, after a while. */
function busyDevice(told: string[]) {
  const live: LiveSection = {
    kind: "live",
    idstr: "memory",
    version: 1,
    setup: () => Promise.resolve(),
    pending: () => 0,
    pendingExact: () => 0,
    iterate: () => Promise.resolve(),
    complete: () => Promise.resolve(void told.push("memory")),
    cleanup: () => undefined,
    total: () => byteLength(0),
  };
  return definePlugin({
    id: "busy",
    apiVersion: 1,
    summary: "has requests under way",
    requires: [MIGRATION_STATE],
    attach(machine) {
      const sections = machine.use(MIGRATION_STATE);
      machine.own(sections.add(live));
      machine.own(
        sections.add({
          kind: "captured",
          idstr: "busy",
          version: 1,
          description: { name: "busy", version: 1, fields: [] },
          settle: () => new Promise((resolve) => setImmediate(resolve)).then(() => void told.push("settled")),
          capture: () => told.push("captured"),
          restore: () => undefined,
        }),
      );
    },
  });
}

describe("a migration", () => {
  test("sends the last of memory when devices have settled", async () => {
    const told: string[] = [];
    await withRig({ with: [busyDevice(told)] }, (rig) => rig.migrate(`file:${rig.file("busy")}`));
    expect(told).toEqual(["settled", "memory", "captured"]);
  });

  test("tells its states as events when that is switched on", () =>
    withRig({}, async (rig) => {
      await rig.migrate(`file:${rig.file("quiet")}`);
      expect(rig.events).toEqual([]);
      rig.machine.service(MACHINE_CONTROL).cont();
      await rig.switchOn("events");
      await rig.migrate(`file:${rig.file("told")}`);
      expect(rig.events).toEqual([
        "RESUME",
        "MIGRATION setup",
        "MIGRATION_PASS 1",
        "MIGRATION active",
        "STOP",
        "MIGRATION device",
        "MIGRATION_PASS 2",
        "MIGRATION completed",
      ]);
    }));

  test("leaves the machine in postmigrate, which can run on and migrate again", () =>
    withRig({}, async (rig) => {
      expect(await rig.migrate(`file:${rig.file("a")}`)).toBe("completed");
      expect(runState(rig)).toBe("postmigrate");
      expect(await rig.answer("migrate", { uri: `file:${rig.file("b")}` })).toBe(
        "Can't migrate the vm that was paused due to previous migration",
      );
      rig.machine.service(MACHINE_CONTROL).cont();
      expect(await rig.migrate(`file:${rig.file("b")}`)).toBe("completed");
    }));

  test("is told to whoever watches, with its reason", () =>
    withRig({}, async (rig) => {
      const changes: MigrationChange[] = [];
      rig.machine.service(MIGRATION).onChange((change) => changes.push(change));
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      rig.machine.service(MIGRATION).abort("of something");
      rig.machine.service(MIGRATION).abort("of something else");
      expect(rig.machine.service(MIGRATION).error).toBe("of something");
      expect(changes.slice(-2)).toEqual([
        { from: "active", to: "cancelling", reason: "of something" },
        { from: "cancelling", to: "cancelling", reason: "of something" },
      ]);
    }));

  test("is refused while there is one, and with a bad URI in any case", () =>
    withRig({}, async (rig) => {
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      expect(await rig.answer("migrate", { uri: "exec:true" })).toBe("There's a migration process in progress");
      expect(await rig.answer("migrate", { uri: "bogus" })).toBe("unknown migration protocol: bogus");
    }));

  test("is refused for as long as something blocks it", () =>
    withRig({}, async (rig) => {
      const blocker = rig.machine.service(MIGRATION).block("the disk is elsewhere");
      const device = rig.machine
        .service(MIGRATION_STATE)
        .add({ kind: "unmigratable", idstr: "0000:00:01.0/nvme", version: 0 });
      expect(await rig.query()).toEqual({
        "blocked-reasons": ["the disk is elsewhere", "non-migratable device: 0000:00:01.0/nvme"],
      });
      expect(await rig.answer("migrate", { uri: "exec:true" })).toBe(
        "State blocked by non-migratable device '0000:00:01.0/nvme'",
      );
      void device.dispose();
      expect(await rig.answer("migrate", { uri: "exec:true" })).toBe("the disk is elsewhere");
      void blocker.dispose();
      expect(await rig.query()).toEqual({});
      expect(await rig.migrate(`file:${rig.file("a")}`)).toBe("completed");
    }));
});

describe("cancelling", () => {
  test("is nothing when no migration runs", () =>
    withRig({}, async (rig) => {
      await rig.switchOn("events");
      await rig.run("migrate_cancel");
      expect(await rig.query()).toEqual({});
      await rig.migrate(`file:${rig.file("a")}`);
      await rig.run("migrate_cancel");
      expect(await rig.query()).toMatchObject({ status: "completed" });
    }));

  test("while it connects ends it at once", () =>
    withRig({}, async (rig) => {
      await rig.switchOn("events");
      // Nobody answers at an address that is set aside for documentation.
      await rig.run("migrate", { uri: "tcp:192.0.2.1:1" });
      expect(await rig.query()).toEqual({ status: "setup" });
      await rig.run("migrate_cancel");
      expect(await rig.query()).toEqual({ status: "cancelled" });
      expect(rig.events).toEqual(["MIGRATION setup", "MIGRATION cancelling", "MIGRATION cancelled"]);
      expect(await rig.migrate(`file:${rig.file("a")}`)).toBe("completed");
    }));

  test("during setup ends it there", async () => {
    const { plugin, open } = gate("setup");
    await withRig({ with: [plugin] }, async (rig) => {
      await rig.run("migrate", { uri: `file:${rig.file("a")}` });
      expect(await rig.query()).toEqual({ status: "setup" });
      await rig.run("migrate_cancel");
      expect(await rig.query()).toMatchObject({ status: "cancelling" });
      open();
      expect(await rig.settled()).toBe("cancelled");
    });
  });

  test("while it waits for the bandwidth of the next period ends it at once", () =>
    withRig({}, async (rig) => {
      await rig.run("migrate-set-parameters", { "max-bandwidth": 1000, "downtime-limit": 0 });
      rig.machine.service(MACHINE_CONTROL).cont();
      await rig.run("migrate", { uri: `file:${rig.file("a")}` });
      await rig.until("active");
      await rig.run("migrate_cancel");
      expect(await rig.settled()).toBe("cancelled");
      expect(runState(rig)).toBe("running");
      expect(await rig.query()).toEqual({ status: "cancelled" });
    }));

  test("before the switchover lets the guest go on", () =>
    withRig({}, async (rig) => {
      await rig.switchOn("events", "pause-before-switchover");
      rig.machine.service(MACHINE_CONTROL).cont();
      await rig.run("migrate", { uri: `file:${rig.file("a")}` });
      await rig.until("pre-switchover");
      expect(runState(rig)).toBe("finish-migrate");
      expect(await rig.query()).toMatchObject({ status: "pre-switchover", ram: { remaining: 0 } });
      await rig.run("migrate_cancel");
      expect(await rig.settled()).toBe("cancelled");
      expect(runState(rig)).toBe("running");
      expect(await rig.query()).toEqual({ status: "cancelled", "error-desc": shut });
      expect(rig.events.slice(-4)).toEqual([
        "MIGRATION pre-switchover",
        "MIGRATION cancelling",
        "RESUME",
        "MIGRATION cancelled",
      ]);
    }));

  test("during the switchover leaves a machine that did not run as it was", async () => {
    const { plugin, open } = gate("complete");
    await withRig({ with: [plugin] }, async (rig) => {
      await rig.run("migrate", { uri: `file:${rig.file("a")}` });
      await rig.until("device");
      await rig.run("migrate_cancel");
      open();
      expect(await rig.settled()).toBe("cancelled");
      expect(runState(rig)).toBe("prelaunch");
      expect(await rig.query()).toEqual({ status: "cancelled", "error-desc": shut });
    });
  });
});

describe("a failure", () => {
  test("during the switchover lets the guest go on", async () => {
    const { plugin, open } = gate("complete");
    await withRig({ with: [plugin] }, async (rig) => {
      rig.machine.service(MACHINE_CONTROL).cont();
      const server = net.createServer().listen(rig.file("socket"));
      const connected = once(server, "connection") as Promise<[net.Socket]>;
      await rig.run("migrate", { uri: `unix:${rig.file("socket")}` });
      const [socket] = await connected;
      socket.resume();
      await rig.until("device");
      expect(runState(rig)).toBe("finish-migrate");
      socket.destroy();
      await once(socket, "close");
      open();
      expect(await rig.settled()).toBe("failed");
      expect(runState(rig)).toBe("running");
      expect(await rig.query()).toEqual({
        status: "failed",
        "error-desc": expect.stringMatching(/^Unable to write to socket: /),
      });
      server.close();
    });
  });

  test("of a section fails the migration with its text", async () => {
    const broken = definePlugin({
      id: "broken",
      apiVersion: 1,
      summary: "cannot be saved",
      requires: [MIGRATION_STATE],
      attach(machine) {
        const description = {
          name: "broken",
          version: 1,
          fields: [],
          beforeSave: () => {
            throw new Error("the device is on fire");
          },
        };
        machine.own(
          machine
            .use(MIGRATION_STATE)
            .add({ kind: "device", idstr: "broken", version: 1, description, state: undefined }),
        );
      },
    });
    await withRig({ with: [broken] }, async (rig) => {
      rig.machine.service(MACHINE_CONTROL).cont();
      expect(await rig.migrate(`file:${rig.file("a")}`)).toBe("failed");
      expect(await rig.query()).toEqual({ status: "failed", "error-desc": "the device is on fire" });
      expect(runState(rig)).toBe("running");
      expect(rig.log.some(({ message, source }) => message === "the device is on fire" && source === "migration")).toBe(
        true,
      );
    });
  });
});

describe("pausing before the switchover", () => {
  test("waits to be told to go on", () =>
    withRig({}, async (rig) => {
      await rig.switchOn("pause-before-switchover");
      await rig.run("migrate", { uri: `file:${rig.file("a")}` });
      await rig.until("pre-switchover");
      expect(await rig.answer("migrate-continue", { state: "device" })).toBe(
        "Migration not in expected state: pre-switchover",
      );
      await rig.run("migrate-continue", { state: "pre-switchover" });
      expect(await rig.settled()).toBe("completed");
      expect(await rig.answer("migrate-continue", { state: "pre-switchover" })).toBe(
        "Migration not in expected state: completed",
      );
    }));
});

test("a machine that goes while it migrates does not run on, and ends its migration", async () => {
  const events = await withRig({}, async (rig) => {
    await rig.switchOn("events", "pause-before-switchover");
    rig.machine.service(MACHINE_CONTROL).cont();
    await rig.run("migrate", { uri: `file:${rig.file("a")}` });
    await rig.until("pre-switchover");
    await rig.machine.dispose();
    expect(rig.status).toBe("cancelled");
    return rig.events;
  });
  expect(events.filter((event) => event === "RESUME")).toEqual(["RESUME"]);
});
