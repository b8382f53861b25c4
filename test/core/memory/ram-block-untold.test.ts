import { describe, expect, test } from "vitest";
import {
  byteLength,
  definePlugin,
  EVERY_NOTIFICATION,
  HOST_MAPPING_NOTIFIERS,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFICATIONS,
  RAM_BLOCK_NOTIFIERS,
  type HostAddress,
  type HostMapping,
  type RAMBlockNotice,
  type RAMBlockNotifier,
  type RAMBlockNotifierPolicy,
} from "backplane";
import { recordNotifications, withMachine } from "backplane/kit";
import { codeOf, makeMemory, type MachineMemory } from "./machine-memory.ts";

const PAGES = (count: number) => byteLength(count * 4096);
const mapping = (hostAddress: number): HostMapping => ({
  kind: "host-mapping",
  owner: "test",
  hostAddress: hostAddress as HostAddress,
  length: byteLength(4096),
});

/** Makes each kind of notification happen at least once, for one block. */
function everyKind({ block, list }: MachineMemory): void {
  const rom = block("rom", 4096, { maxSize: PAGES(9) });
  list.setIdstr(rom, "named");
  list.setMigratable(rom, false);
  list.resize(rom, PAGES(2));
  list.free(rom);
}

const kinds = (calls: readonly { readonly kind: string }[]): string[] => [...new Set(calls.map(({ kind }) => kind))];

describe("the subscribers of RAM blocks", () => {
  test("are listed as they are told, with the methods and blocks of each", () => {
    const { notifiers, block, list } = makeMemory();
    expect(notifiers.subscriptions()).toEqual([]);
    const ram = block("ram", 4096);
    notifiers.add({ name: "old", ramBlockAdded: () => undefined, ramBlockRemoved: () => undefined });
    const young = notifiers.add({
      name: "young",
      ramBlockResized: () => undefined,
      ramBlockAdded({ region }) {
        if (region.name === "refused") throw new Error("no");
      },
    });
    const rom = block("rom", 4096);
    expect(codeOf(() => block("refused", 4096))).toBe("NOTIFIER_FAILED");
    expect(notifiers.subscriptions()).toEqual([
      { name: "young", hears: ["added", "resized"], knows: [ram, rom] },
      { name: "old", hears: ["added", "removed"], knows: [ram, rom] },
    ]);
    list.free(ram);
    void young.dispose();
    expect(notifiers.subscriptions()).toEqual([{ name: "old", hears: ["added", "removed"], knows: [rom] }]);
  });

  test("know a block no more than they have been told of it", () => {
    const { notifiers, block } = makeMemory();
    const seen: unknown[] = [];
    const look = (): void =>
      void seen.push(notifiers.subscriptions().map(({ name, knows }) => `${name} ${knows.length}`));
    notifiers.add({ name: "old", ramBlockAdded: look });
    notifiers.add({ name: "young", ramBlockAdded: look });
    block("ram", 4096);
    expect(seen).toEqual([
      ["young 1", "old 0"],
      ["young 1", "old 1"],
    ]);
  });
});

describe("the subscribers of host mappings", () => {
  test("are listed as they are told, with the methods and mappings of each", () => {
    const { mappings } = makeMemory();
    const first = mapping(4096);
    mappings.publish(first);
    mappings.add({ name: "old", hostMappingAdded: () => undefined, hostMappingRemoved: () => undefined });
    mappings.add({ name: "young", hostMappingRemoved: () => undefined });
    const second = mapping(8192);
    const published = mappings.publish(second);
    expect(mappings.subscriptions()).toEqual([
      { name: "young", hears: ["removed"], knows: [first, second] },
      { name: "old", hears: ["added", "removed"], knows: [first, second] },
    ]);
    void published.dispose();
    expect(mappings.subscriptions().map(({ knows }) => knows)).toEqual([[first], [first]]);
  });
});

describe("a subscriber that is not told of a kind", () => {
  test.each(RAM_BLOCK_NOTIFICATIONS)("'%s' misses that, and nothing else", (kind) => {
    const memory = makeMemory([{ subscriber: "deaf", kind }]);
    const deaf = recordNotifications(memory.notifiers, "deaf");
    const other = recordNotifications(memory.notifiers, "other");
    everyKind(memory);
    expect(kinds(other.calls).toSorted()).toEqual(RAM_BLOCK_NOTIFICATIONS.toSorted());
    expect(kinds(deaf.calls)).toEqual(kinds(other.calls).filter((heard) => heard !== kind));
  });

  test("is listed with its method, and does not know what it was not shown", () => {
    const { notifiers, block, list } = makeMemory([{ subscriber: "deaf", kind: "added" }]);
    const { calls } = recordNotifications(notifiers, "deaf");
    // One that never asks for new blocks misses none.
    notifiers.add({ name: "careless", ramBlockRemoved: () => undefined });
    const ram = block("ram", 4096);
    expect(notifiers.subscriptions()).toEqual([
      { name: "careless", hears: ["removed"], knows: [ram] },
      { name: "deaf", hears: RAM_BLOCK_NOTIFICATIONS, knows: [] },
    ]);
    list.free(ram);
    expect(kinds(calls)).toEqual(["idstr", "migratable", "removed"]);
  });

  test("of a removal has known the block until it went", () => {
    const { notifiers, block, list } = makeMemory([{ subscriber: "deaf", kind: "removed" }]);
    recordNotifications(notifiers, "deaf");
    const ram = block("ram", 4096);
    const known = () => notifiers.subscriptions().map(({ knows }) => knows);
    expect(known()).toEqual([[ram]]);
    list.free(ram);
    expect(known()).toEqual([[]]);
  });

  test("does not stand among those that were told", () => {
    const { notifiers, block } = makeMemory([{ subscriber: "deaf", kind: "added" }]);
    const notices: RAMBlockNotice[] = [];
    notifiers.observe((notice) => notices.push(notice));
    recordNotifications(notifiers, "deaf");
    recordNotifications(notifiers, "other");
    block("ram", 4096);
    expect(notices[0]?.subscribers).toEqual([{ name: "other" }]);
  });

  test.each(["mapping-added", "mapping-removed"] as const)("'%s' misses that of host mappings", (kind) => {
    const { mappings } = makeMemory([{ subscriber: "deaf", kind }]);
    const trace: string[] = [];
    mappings.add({
      name: "deaf",
      hostMappingAdded: () => void trace.push("mapping-added"),
      hostMappingRemoved: () => void trace.push("mapping-removed"),
    });
    const first = mapping(4096);
    const published = mappings.publish(first);
    expect(mappings.subscriptions()[0]?.knows).toEqual(kind === "mapping-added" ? [] : [first]);
    void published.dispose();
    expect(trace).toEqual(["mapping-added", "mapping-removed"].filter((heard) => heard !== kind));
  });

  test("is chosen when a machine is made", () =>
    withMachine({ untold: [{ subscriber: "deaf", kind: "added" }] }, (machine) => {
      const deaf = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS), "deaf");
      machine.service(MEMORY_REGIONS).ram("ram", byteLength(4096));
      expect(kinds(deaf.calls)).toEqual(["idstr", "migratable"]);
      void deaf.dispose();
    }));
});

const THREE_KINDS: RAMBlockNotifierPolicy = {
  name: "three",
  tells: ["added", "resized", "removed"],
  tellsNewcomers: false,
};

describe("what a registry tells", () => {
  test("is everything, unless it is governed otherwise", () => {
    const memory = makeMemory();
    expect(memory.notifiers.policy).toBe(EVERY_NOTIFICATION);
    memory.notifiers.govern(THREE_KINDS);
    expect(memory.notifiers.policy).toBe(THREE_KINDS);
    const { calls } = recordNotifications(memory.notifiers);
    everyKind(memory);
    expect(kinds(calls)).toEqual(["added", "resized", "removed"]);
  });

  test("shows to those who watch: the change was made, and nobody was told", () => {
    const memory = makeMemory();
    memory.notifiers.govern(THREE_KINDS);
    recordNotifications(memory.notifiers);
    const notices: RAMBlockNotice[] = [];
    memory.notifiers.observe((notice) => notices.push(notice));
    everyKind(memory);
    expect(notices.filter(({ subscribers }) => subscribers.length === 0).map(({ kind, to }) => [kind, to])).toEqual([
      ["idstr", "rom"],
      ["migratable", undefined],
      ["idstr", "named"],
      ["migratable", undefined],
    ]);
  });

  test("is settled once there is a block", () => {
    const { notifiers, block, list } = makeMemory();
    const ram = block("ram", 4096);
    expect(codeOf(() => notifiers.govern(THREE_KINDS))).toBe("NOTIFIER_POLICY_LATE");
    expect(notifiers.policy).toBe(EVERY_NOTIFICATION);
    list.free(ram);
    notifiers.govern(THREE_KINDS);
  });

  test.each([
    [EVERY_NOTIFICATION, ["newcomer", "newcomer's newcomer"]],
    [THREE_KINDS, []],
  ])("decides whether one who registers meanwhile hears of a resize: %o", (policy, expected) => {
    const { notifiers, block, list } = makeMemory();
    notifiers.govern(policy);
    const heard: string[] = [];
    const newcomer = (name: string, then: () => void): RAMBlockNotifier => ({
      name,
      ramBlockResized() {
        heard.push(name);
        then();
      },
    });
    const rom = block("rom", 4096, { maxSize: PAGES(9) });
    notifiers.add({
      name: "host",
      ramBlockResized: () =>
        void notifiers.add(
          newcomer("newcomer", () => void notifiers.add(newcomer("newcomer's newcomer", () => undefined))),
        ),
    });
    list.resize(rom, PAGES(2));
    expect(heard).toEqual(expected);
  });
});

describe("the kit", () => {
  test("finds a notifier of host mappings that was left behind", async () => {
    const leaving = withMachine({}, (machine) => {
      machine.service(HOST_MAPPING_NOTIFIERS).add({ name: "forgotten" });
    });
    await expect(leaving).rejects.toThrow("still registered after the machine was released: forgotten");
  });

  test("finds a mapping that was left behind", async () => {
    const owner = definePlugin({
      id: "owner",
      apiVersion: 1,
      summary: "maps",
      attach: (machine) => void machine.use(HOST_MAPPING_NOTIFIERS).publish(mapping(4096)),
    });
    await expect(withMachine({ with: [owner] }, () => undefined)).rejects.toThrow(
      "still mapped after the machine was released: test@0x1000",
    );
  });
});
