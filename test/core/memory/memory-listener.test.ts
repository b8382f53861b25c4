import { describe, expect, test } from "vitest";
import {
  byteLength,
  DIRTY_MIGRATION,
  DIRTY_VGA,
  guestAddress,
  regionOffset,
  type FlatRange,
  type MemoryListener,
  type MemoryRegion,
} from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

const at = guestAddress;
const size = byteLength;
const span = ({ start, length, region }: FlatRange): string => `${region.name}@${start}+${length}`;

/** Writes down what it is told, as text. */
function recorder(log: string[], name: string, priority?: number): MemoryListener {
  const note = (what: string): void => void log.push(`${name} ${what}`);
  return {
    name,
    ...(priority === undefined ? {} : { priority }),
    begin: () => note("begin"),
    commit: () => note("commit"),
    regionAdded: (range, space) => note(`${space.name} +${span(range)}`),
    regionRemoved: (range, space) => note(`${space.name} -${span(range)}`),
    regionUnchanged: (range, space) => note(`${space.name} =${span(range)}`),
    logStarted: (range, before, after) => note(`log ${span(range)} ${before}->${after}`),
    logStopped: (range, before, after) => note(`no log ${span(range)} ${before}->${after}`),
    logSynchronized: (range) => note(`sync ${span(range)}`),
    globalLogStarted: () => note("all logged"),
    globalLogStopped: () => note("all not logged"),
  };
}

function setUp() {
  const memory = makeMemory();
  const { regions, memory: space } = memory;
  const ram = regions.ram("ram", size(0x4000));
  const device = regions.io("device", size(0x1000), { read: () => 0, write: () => undefined });
  space.root.addSubregion(at(0), ram);
  const log: string[] = [];
  const taken = (): string[] => log.splice(0);
  return { ...memory, space, ram, device, log, taken };
}

describe("a memory listener", () => {
  test("is told of what there is, of changes, and of everything as gone when it leaves", () => {
    const { space, device, log, taken } = setUp();
    const listening = space.listen(recorder(log, "a"));
    expect(taken()).toEqual(["a begin", "a memory +ram@0+16384", "a commit"]);
    space.root.addSubregion(at(0x8000), device);
    expect(taken()).toEqual(["a begin", "a memory =ram@0+16384", "a memory +device@32768+4096", "a commit"]);
    device.setAddress(at(0x1000));
    expect(taken()).toEqual([
      "a begin",
      "a memory -ram@0+16384",
      "a memory -device@32768+4096",
      "a memory +ram@0+4096",
      "a memory +device@4096+4096",
      "a memory +ram@8192+8192",
      "a commit",
    ]);
    device.setSize(size(0x1000));
    expect(taken()).toEqual([]);
    void listening.dispose();
    expect(taken().filter((line) => line.includes("memory"))).toEqual([
      "a memory -ram@0+4096",
      "a memory -device@4096+4096",
      "a memory -ram@8192+8192",
    ]);
    space.root.removeSubregion(device);
    expect(taken()).toEqual([]);
  });

  test("of low priority hears first what comes, and last what goes", () => {
    const { space, device, log, taken } = setUp();
    for (const [name, priority] of [
      ["high", 10],
      ["low", -1],
      ["first", undefined],
      ["second", 0],
    ] as const) {
      space.listen(recorder(log, name, priority));
    }
    taken();
    space.root.addSubregion(at(0x8000), device);
    const added = taken().filter((line) => line.includes("+device"));
    expect(added.map((line) => line.split(" ")[0])).toEqual(["low", "first", "second", "high"]);
    device.setEnabled(false);
    const removed = taken().filter((line) => line.includes("-device"));
    expect(removed.map((line) => line.split(" ")[0])).toEqual(["high", "second", "first", "low"]);
  });

  test("hears once of a batch, however deep, and not of what does not show", () => {
    const { space, regions, ram, device, log, taken } = setUp();
    space.listen(recorder(log, "a"));
    taken();
    regions.transaction(() => {
      space.root.addSubregion(at(0x8000), device);
      regions.transaction(() => device.setAddress(at(0x9000)));
      expect(log).toEqual([]);
      ram.setEnabled(false);
      ram.setEnabled(true);
    });
    expect(taken()).toEqual(["a begin", "a memory =ram@0+16384", "a memory +device@36864+4096", "a commit"]);
    // A batch that changes nothing of this view is a batch all the same.
    regions.io("elsewhere", size(1), { read: () => 0, write: () => undefined }).setEnabled(false);
    expect(taken()).toEqual(["a begin", "a commit"]);
  });

  test("of one space does not hear of another's, which begins and commits with it", () => {
    const { space, regions, device, log, taken } = setUp();
    const root = regions.container("root", size(0x10000));
    const other = regions.addressSpace("other", root);
    space.listen(recorder(log, "a"));
    other.listen(recorder(log, "b"));
    taken();
    root.addSubregion(at(0), device);
    expect(taken()).toEqual(["a begin", "b begin", "b other +device@0+4096", "a commit", "b commit"]);
    void other.dispose();
    expect(taken()).toEqual(["b begin", "b other -device@0+4096", "b commit"]);
    root.removeSubregion(device);
    expect(taken().filter((line) => line.includes("other"))).toEqual([]);
  });

  test("that throws stops neither the others nor the change", () => {
    const { space, device, log, taken } = setUp();
    const failing: MemoryListener = {
      name: "failing",
      priority: -1,
      regionAdded: (range) => {
        if (range.region === device) throw new Error("full");
      },
    };
    space.listen(failing);
    space.listen(recorder(log, "a"));
    taken();
    expect(codeOf(() => space.root.addSubregion(at(0x8000), device))).toBe("NOTIFIER_FAILED");
    expect(taken()).toContain("a memory +device@32768+4096");
    expect(taken()).toEqual([]);
    expect(space.find(at(0x8000))?.region).toBe(device);
  });

  test("sees the parts of what others cover, and what is read-only or a ROM device", () => {
    const { space, regions, ram, log, taken } = setUp();
    const seen: unknown[] = [];
    const rom = regions.romDevice("flash", size(0x1000), { read: () => 0, write: () => undefined });
    const shade = regions.alias("shade", ram, regionOffset(0x1000), size(0x1000));
    shade.setReadonly(true);
    space.root.addSubregion(at(0x2000), rom, 1);
    space.root.addSubregion(at(0x1000), shade, 1);
    space.listen({
      name: "a",
      regionAdded: ({ start, readonly, isRomDevice, offsetInRegion }) =>
        seen.push([start, offsetInRegion, readonly, isRomDevice]),
    });
    expect(seen).toEqual([
      [0, 0, false, false],
      [0x1000, 0x1000, true, false],
      [0x2000, 0, false, true],
      [0x3000, 0x3000, false, false],
    ]);
    space.listen(recorder(log, "b"));
    taken();
    rom.setRomDeviceMode(false);
    expect(taken().filter((line) => line.includes("flash"))).toEqual([
      "b memory -flash@8192+4096",
      "b memory +flash@8192+4096",
    ]);
  });
});

describe("dirty logging", () => {
  test("of a region is told to listeners, present and future, without the region coming anew", () => {
    const { space, ram, log, taken } = setUp();
    space.listen(recorder(log, "a"));
    taken();
    ram.setDirtyLog("vga", true);
    expect(taken()).toEqual(["a begin", "a memory =ram@0+16384", `a log ram@0+16384 0->${DIRTY_VGA}`, "a commit"]);
    space.listen(recorder(log, "b"));
    expect(taken()).toEqual(["b begin", "b memory +ram@0+16384", `b log ram@0+16384 0->${DIRTY_VGA}`, "b commit"]);
    ram.setDirtyLog("vga", false);
    expect(taken().filter((line) => line.includes("log"))).toEqual([
      `b no log ram@0+16384 ${DIRTY_VGA}->0`,
      `a no log ram@0+16384 ${DIRTY_VGA}->0`,
    ]);
  });

  test("through an alias is that of its target", () => {
    const { space, regions, ram } = setUp();
    const alias = regions.alias("alias", ram, regionOffset(0), size(0x1000));
    alias.setDirtyLog("vga", true);
    expect(space.ranges().map(({ dirtyLog }) => dirtyLog)).toEqual([DIRTY_VGA]);
  });

  test("of all RAM starts before and ends behind that of each range, and asks before pages are read", () => {
    const { space, dirty, log, taken } = setUp();
    space.listen(recorder(log, "a"));
    taken();
    const logging = dirty.log("migration");
    expect(taken()).toEqual([
      "a all logged",
      "a begin",
      "a memory =ram@0+16384",
      `a log ram@0+16384 0->${DIRTY_MIGRATION}`,
      "a commit",
    ]);
    space.listen(recorder(log, "b"));
    expect(taken().slice(0, 2)).toEqual(["b begin", "b all logged"]);
    dirty.synchronize();
    expect(taken()).toEqual(["a sync ram@0+16384", "b sync ram@0+16384"]);
    void logging.dispose();
    const ended = taken();
    expect(ended.at(-1)).toBe("a all not logged");
    expect(ended).toContain(`b no log ram@0+16384 ${DIRTY_MIGRATION}->0`);
  });
});

describe("a view that several spaces share", () => {
  test("is rendered and kept once, and parts when the trees do", () => {
    const { space, regions, device } = setUp();
    const container = regions.container("bus master container", space.root.size);
    const open = regions.alias("bus master", space.root, regionOffset(0), space.root.size);
    container.addSubregion(at(0), open);
    const master: { ranges(): readonly FlatRange[] } = regions.addressSpace("master", container);
    expect(master.ranges()).toBe(space.ranges());
    const shows = (): MemoryRegion[] => master.ranges().map(({ region }) => region);
    open.setEnabled(false);
    expect(shows()).toEqual([]);
    open.setEnabled(true);
    expect(master.ranges()).toBe(space.ranges());
    container.addSubregion(at(0x8000), device, 1);
    expect(master.ranges()).not.toBe(space.ranges());
    expect(shows()).toContain(device);
  });
});
