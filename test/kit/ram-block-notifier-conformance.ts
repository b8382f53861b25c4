export { describeUntold, type UntoldStory } from "./untold.ts";
import { afterEach, describe, expect, test } from "vitest";
import {
  byteLength,
  Container,
  disposable,
  KiB,
  MEMORY_REGIONS,
  MiB,
  Ownership,
  provideMemory,
  RAM_BLOCK_NOTIFICATIONS,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  type Disposable,
  type MemoryRegions,
  type RAMBlock,
  type RAMBlockNotification,
  type RAMBlockNotifier,
  type RAMBlockNotifiers,
  type RAMList,
} from "backplane";

/** What a notifier under test may look at while it is made. */
export interface NotifierWorld {
  readonly ram: RAMList;
  readonly regions: MemoryRegions;
  readonly notifiers: RAMBlockNotifiers;
  /** Whatever the notifier needs released is handed over here. */
  readonly ownership: Ownership;
}

type Hook = (kind: RAMBlockNotification, block: RAMBlock) => void;

const METHODS = {
  added: "ramBlockAdded",
  resized: "ramBlockResized",
  idstr: "ramBlockIdstrChanged",
  migratable: "ramBlockMigratableChanged",
  removed: "ramBlockRemoved",
} as const satisfies Record<RAMBlockNotification, keyof RAMBlockNotifier>;

/** Passes every notification on, checks that the answer comes at once, and then calls the hook. */
function watched(notifier: RAMBlockNotifier, after: Hook): RAMBlockNotifier {
  const told =
    (kind: RAMBlockNotification) =>
    (block: RAMBlock, change: unknown): void => {
      const method = notifier[METHODS[kind]] as ((block: RAMBlock, change: unknown) => unknown) | undefined;
      const answer = method?.call(notifier, block, change);
      expect(answer, `${METHODS[kind]} is called synchronously and must return nothing, not a promise`).toBeUndefined();
      after(kind, block);
    };
  return {
    name: notifier.name,
    ramBlockAdded: told("added") as (block: RAMBlock) => void,
    ramBlockResized: told("resized"),
    ramBlockIdstrChanged: told("idstr"),
    ramBlockMigratableChanged: told("migratable") as (block: RAMBlock) => void,
    ramBlockRemoved: told("removed") as (block: RAMBlock) => void,
  };
}

function makeWorld(): NotifierWorld {
  const container = Container.create();
  const ownership = new Ownership();
  provideMemory(container, ownership);
  return {
    ram: container.resolve(RAM_LIST),
    regions: container.resolve(MEMORY_REGIONS),
    notifiers: container.resolve(RAM_BLOCK_NOTIFIERS),
    ownership,
  };
}

/** A machine's usual blocks: large, nameless, read-only, resizeable. */
function populate({ regions }: NotifierWorld): void {
  regions.ram("pc.ram", byteLength(256 * MiB));
  regions.ram("mem0", byteLength(2 * MiB), { idstr: null });
  regions.rom("pc.bios", byteLength(256 * KiB));
  regions.rom("/rom@etc/acpi/tables", byteLength(128 * KiB), { maxSize: byteLength(2 * MiB) });
}

/** Makes every kind of notification happen, for a block that comes and goes. */
function everyKind({ ram, regions }: NotifierWorld, subject = "subject"): void {
  const { ramBlock } = regions.ram(subject, byteLength(64 * KiB), { maxSize: byteLength(MiB) });
  if (ramBlock === undefined) throw new Error("a ram region has no block");
  ram.resize(ramBlock, byteLength(MiB));
  ram.setMigratable(ramBlock, false);
  ram.setIdstr(ramBlock, `renamed ${subject}`);
  ram.unsetIdstr(ramBlock);
  ram.setMigratable(ramBlock, true);
  ram.resize(ramBlock, byteLength(4 * KiB));
  ram.free(ramBlock);
}

/**
 * Puts a notifier through what a machine may do to it, and fails when it throws, answers with a promise, changes the
 * list of blocks, or cannot be taken away. `makeNotifier` is called once per machine.
 */
export function describeRAMBlockNotifier(name: string, makeNotifier: (world: NotifierWorld) => RAMBlockNotifier): void {
  describe(`${name} as a RAM block notifier`, () => {
    const worlds: NotifierWorld[] = [];
    const start = (populated: boolean): NotifierWorld => {
      const world = makeWorld();
      worlds.push(world);
      if (populated) populate(world);
      return world;
    };
    afterEach(async () => {
      for (const world of worlds.splice(0)) await world.ownership.dispose();
    });

    /** Registers a new notifier and counts what it hears. */
    const register = (world: NotifierWorld, after: Hook = () => undefined) => {
      const heard: Record<RAMBlockNotification, number> = { added: 0, resized: 0, idstr: 0, migratable: 0, removed: 0 };
      const notifier = makeNotifier(world);
      const registration = world.notifiers.add(
        watched(notifier, (kind, block) => {
          heard[kind]++;
          after(kind, block);
        }),
      );
      return { heard, notifier, registration };
    };

    test("has a name", () => {
      expect(makeNotifier(start(false)).name).not.toBe("");
    });

    test("is registered on an empty list, hears all five kinds, and leaves", () => {
      const world = start(false);
      const { heard, registration } = register(world);
      everyKind(world);
      expect(heard).toEqual({ added: 1, resized: 2, idstr: 3, migratable: 3, removed: 1 });
      void registration.dispose();
      expect(world.notifiers.subscribers()).toEqual([]);
    });

    test("is registered on a full list and told of it, and told of its end on leaving", () => {
      const world = start(true);
      const { heard, registration } = register(world);
      expect(heard.added).toBe(4);
      everyKind(world);
      void registration.dispose();
      expect(heard.removed).toBe(5);
    });

    test("leaves the blocks as they are", () => {
      const world = start(true);
      const { version } = world.ram;
      const before = world.ram.blocks().map(describeBlock);
      const { registration } = register(world);
      void registration.dispose();
      expect(world.ram.version).toBe(version);
      expect(world.ram.blocks().map(describeBlock)).toEqual(before);
    });

    test("may be registered again after it left", () => {
      const world = start(true);
      const notifier = watched(makeNotifier(world), () => undefined);
      for (let round = 0; round < 3; round++) {
        const registration = world.notifiers.add(notifier);
        everyKind(world);
        void registration.dispose();
      }
    });

    test.each(RAM_BLOCK_NOTIFICATIONS)("may be removed while it is told '%s'", (when) => {
      const world = start(true);
      let registration: Disposable = disposable(() => undefined);
      let isArmed = false;
      ({ registration } = register(world, (kind) => {
        if (kind === when && isArmed) void registration.dispose();
      }));
      isArmed = true;
      everyKind(world);
      expect(world.notifiers.subscribers()).toEqual([]);
      everyKind(world);
    });

    test("stands by while another notifier refuses", () => {
      const world = start(true);
      const { heard } = register(world);
      const refusing = world.notifiers.add({
        name: "refusing",
        ramBlockAdded: ({ maxLength }) => {
          if (maxLength === 64 * KiB) throw new Error("no");
        },
      });
      expect(() => world.regions.ram("refused", byteLength(64 * KiB))).toThrow("no");
      void refusing.dispose();
      everyKind(world);
      // The refused block was taken back: it came and went.
      expect([heard.added, heard.removed]).toEqual([6, 2]);
    });

    test("bears blocks that come and go while it is told", () => {
      const world = start(false);
      let depth = 0;
      world.notifiers.add({
        name: "restless",
        ramBlockResized: () => {
          if (depth++ === 0) everyKind(world, "meanwhile");
        },
      });
      register(world);
      everyKind(world);
      expect(world.ram.blocks()).toEqual([]);
    });

    test("bears that the machine is torn down while it is registered", async () => {
      const world = start(true);
      const { heard } = register(world);
      await world.ownership.dispose();
      expect([heard.added, heard.removed]).toEqual([4, 4]);
    });

    test("shares nothing with one in another machine", async () => {
      const [one, other] = [start(true), start(true)];
      register(one);
      const { heard } = register(other);
      everyKind(one);
      await one.ownership.dispose();
      expect(heard).toEqual({ added: 4, resized: 0, idstr: 0, migratable: 0, removed: 0 });
      everyKind(other);
      expect(heard.removed).toBe(1);
    });
  });
}

function describeBlock({ idstr, offset, usedLength, maxLength, migratable }: RAMBlock): unknown {
  return { idstr, offset, usedLength, maxLength, migratable };
}
