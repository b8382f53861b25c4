import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import {
  byteLength,
  DIRTY_MEMORY,
  KiB,
  MEMORY_REGIONS,
  MiB,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  type RAMBlock,
} from "backplane";
import { describeRAMBlockNotifier } from "../../../kit/ram-block-notifier-conformance.ts";
import { MigrationRamNotifier } from "../../../../plugins/migration/ram/notifier.ts";
import { RamSection } from "../../../../plugins/migration/ram/section.ts";
import { MIGRATION, type Migration } from "backplane/plugins/migration/contract";
import { withRig, type Rig } from "../rig.ts";

const idle: Migration = {
  status: "none",
  isRunning: false,
  error: undefined,
  start: () => Promise.resolve(),
  cancel: () => undefined,
  abort: () => undefined,
  onChange: () => ({ dispose: () => undefined }),
  settled: () => Promise.resolve("none"),
  block: () => ({ dispose: () => undefined }),
  incoming: undefined,
  onIncoming: () => ({ dispose: () => undefined }),
};
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  named: () => silent,
};

const unwritten = {
  read: () => undefined,
  write: () => undefined,
  fill: () => undefined,
  writeUint: () => undefined,
  discard: () => undefined,
};

for (const policy of ["abort", "qemu-10.0"] as const) {
  describeRAMBlockNotifier(`migration/ram (${policy})`, ({ ram }) => {
    const unlogged = {
      log: () => ({ dispose: () => undefined }),
      mark: () => undefined,
      synchronize: () => undefined,
      sync: () => 0,
    };
    const section = new RamSection(ram, unlogged, unwritten);
    return new MigrationRamNotifier(idle, section, policy, silent);
  });
}

/** A change of a block, and what it says when it aborts. */
const CHANGES: readonly (readonly [string, (rig: Rig, block: RAMBlock) => void, string])[] = [
  [
    "a resize",
    (rig, block) => rig.machine.service(RAM_LIST).resize(block, byteLength(MiB)),
    "RAM block 'subject' resized during precopy.",
  ],
  [
    "a removal",
    (rig, block) => rig.machine.service(RAM_LIST).free(block),
    "RAM block 'subject' removed during precopy.",
  ],
  [
    "a new name",
    (rig, block) => rig.machine.service(RAM_LIST).setIdstr(block, "other"),
    "RAM block 'subject' renamed to 'other' during precopy.",
  ],
  [
    "the end of its being migratable",
    (rig, block) => rig.machine.service(RAM_LIST).setMigratable(block, false),
    "RAM block 'subject' became unmigratable during precopy.",
  ],
];

/** A resizeable block besides main memory. */
function subject(rig: Rig, migratable = true): RAMBlock {
  const region = rig.machine
    .service(MEMORY_REGIONS)
    .ram("subject", byteLength(64 * KiB), { maxSize: byteLength(MiB), migratable });
  if (region.ramBlock === undefined) throw new Error("a ram region has no block");
  return region.ramBlock;
}

describe("while a migration runs", () => {
  test.each(CHANGES)("%s aborts it", (_, change, reason) =>
    withRig({}, async (rig) => {
      const block = subject(rig);
      await rig.switchOn("events");
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      change(rig, block);
      // A pipe cannot be shut: it stays so for as long as nobody reads.
      expect(await rig.query()).toMatchObject({ status: "cancelling", "error-desc": reason });
      expect(rig.events.at(-1)).toBe("MIGRATION cancelling");
    }),
  );

  test.each(CHANGES.slice(1))("%s is noted and goes on as the peer would", (_, change, reason) =>
    withRig({ options: { "migration/ram": { unsupportedChange: "qemu-10.0" } } }, async (rig) => {
      const block = subject(rig);
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      change(rig, block);
      expect(await rig.query()).toMatchObject({ status: "active" });
      expect(rig.log).toContainEqual(
        expect.objectContaining({ level: "warn", source: "migration/ram", message: reason }),
      );
    }),
  );

  test("a resize aborts it also as in the peer", () =>
    withRig({ options: { "migration/ram": { unsupportedChange: "qemu-10.0" } } }, async (rig) => {
      const block = subject(rig);
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      rig.machine.service(RAM_LIST).resize(block, byteLength(MiB));
      expect(await rig.query()).toMatchObject({
        status: "cancelling",
        "error-desc": "RAM block 'subject' resized during precopy.",
      });
    }));

  test("a resize within a page does not matter", () =>
    withRig({}, async (rig) => {
      const block = subject(rig);
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      rig.machine.service(RAM_LIST).resize(block, byteLength(64 * KiB - 5));
      expect(await rig.query()).toMatchObject({ status: "active" });
    }));

  test.each(CHANGES.slice(0, 3))("%s of a block that is not migrated does not matter", (_, change) =>
    withRig({}, async (rig) => {
      const block = subject(rig, false);
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      change(rig, block);
      expect(await rig.query()).toMatchObject({ status: "active" });
      expect(rig.log).toEqual([]);
    }),
  );

  test("a block that becomes migratable aborts it", () =>
    withRig({}, async (rig) => {
      await rig.run("migrate", { uri: "exec:sleep 1000" });
      await rig.until("active");
      subject(rig);
      expect(await rig.query()).toMatchObject({
        status: "cancelling",
        "error-desc": "RAM block 'subject' became migratable during precopy.",
      });
    }));

  test("over a socket the abort ends in cancelled, with the reason, and the next one succeeds", () =>
    withRig({ memory: 512 }, async (rig) => {
      const server = createServer({ pauseOnConnect: true }).listen(rig.file("socket"));
      const block = subject(rig);
      await rig.run("migrate", { uri: `unix:${rig.file("socket")}` });
      await rig.until("active");
      rig.machine.service(RAM_LIST).resize(block, byteLength(MiB));
      expect(await rig.settled()).toBe("cancelled");
      expect(await rig.query()).toEqual({
        status: "cancelled",
        "error-desc": "RAM block 'subject' resized during precopy.",
      });
      expect(await rig.migrate(`file:${rig.file("stream")}`)).toBe("completed");
      server.close();
    }));
});

test.each(CHANGES)("%s is nothing when no migration runs", (_, change) =>
  withRig({}, async (rig) => {
    change(rig, subject(rig));
    expect(await rig.query()).toEqual({});
    expect(rig.log).toEqual([]);
  }),
);

test("the machine's end is no removal", async () => {
  const reasons: (string | undefined)[] = [];
  await withRig({}, async (rig) => {
    await rig.run("migrate", { uri: "exec:sleep 1000" });
    await rig.until("active");
    rig.machine.service(MIGRATION).onChange(({ reason }) => reasons.push(reason));
  });
  expect(reasons).toEqual([undefined, undefined]);
});

test("the plugin subscribes, and listens to writes only while a migration runs", () =>
  withRig({}, async (rig) => {
    expect(rig.machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual(["migration/ram"]);
    void rig.machine.service(DIRTY_MEMORY).log("migration").dispose();
    await rig.run("migrate", { uri: "exec:sleep 1000" });
    await rig.until("active");
    expect(() => rig.machine.service(DIRTY_MEMORY).log("migration")).toThrow();
  }));
