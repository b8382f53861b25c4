import { describe, expect, test } from "vitest";
import {
  BackplaneAggregateError,
  byteLength,
  type Disposable,
  type RAMBlock,
  type RAMBlockNotice,
  type RAMBlockNotifier,
} from "backplane";
import { describeRAMBlockNotifier } from "../../kit/ram-block-notifier-conformance.ts";
import { codeOf, makeMemory } from "./machine-memory.ts";

/** Notes all it hears in one line each, with the block as it was at that moment. */
function noting(name: string, trace: string[], also: Partial<RAMBlockNotifier> = {}): RAMBlockNotifier {
  const at = (block: RAMBlock): string =>
    `${block.idstr === "" ? block.region.name : block.idstr}/${block.usedLength / 4096}`;
  return {
    name,
    ramBlockAdded(block) {
      trace.push(`${name} added ${at(block)}`);
      also.ramBlockAdded?.(block);
    },
    ramBlockResized(block, change) {
      trace.push(`${name} resized ${at(block)} ${change.from / 4096}>${change.to / 4096}`);
      also.ramBlockResized?.(block, change);
    },
    ramBlockIdstrChanged(block, change) {
      trace.push(`${name} idstr ${at(block)} ${change.from}>${change.to}`);
      also.ramBlockIdstrChanged?.(block, change);
    },
    ramBlockMigratableChanged(block) {
      trace.push(`${name} migratable ${at(block)} ${block.migratable}`);
      also.ramBlockMigratableChanged?.(block);
    },
    ramBlockRemoved(block) {
      trace.push(`${name} removed ${at(block)}`);
      also.ramBlockRemoved?.(block);
    },
  };
}

const PAGES = (count: number) => byteLength(count * 4096);

describeRAMBlockNotifier("a notifier without methods", () => ({ name: "silent" }));
describeRAMBlockNotifier("a notifier that notes everything", () => noting("noting", []));
describeRAMBlockNotifier("a notifier of a class", () => {
  class Counter implements RAMBlockNotifier {
    readonly name = "counter";
    readonly #known = new Set<RAMBlock>();
    ramBlockAdded(block: RAMBlock): void {
      expect(this.#known.has(block)).toBe(false);
      this.#known.add(block);
    }
    ramBlockRemoved(block: RAMBlock): void {
      expect(this.#known.delete(block)).toBe(true);
    }
  }
  return new Counter();
});

describe("the life of a block", () => {
  test("is told in order, each at its moment, youngest notifier first", () => {
    const { list, notifiers, block } = makeMemory();
    const trace: string[] = [];
    notifiers.add(noting("old", trace));
    notifiers.add(noting("young", trace));
    expect(notifiers.subscribers()).toEqual(["young", "old"]);
    const rom = block("rom", 4096, { maxSize: PAGES(9) });
    list.resize(rom, PAGES(2));
    list.resize(rom, PAGES(2));
    list.setMigratable(rom, true);
    list.setIdstr(rom, "rom");
    list.free(rom);
    expect(trace.filter((line) => line.startsWith("old"))).toEqual([
      "old added rom/1",
      "old idstr rom/1 >rom",
      "old migratable rom/1 true",
      "old resized rom/1 1>2",
      "old removed rom/2",
    ]);
    expect(trace.map((line) => line.split(" ")[0])).toEqual(Array.from({ length: 5 }, () => ["young", "old"]).flat());
  });

  test("finds the block complete when added, readable when removed", () => {
    const { list, notifiers, block } = makeMemory();
    const seen: unknown[] = [];
    notifiers.add({
      name: "looking",
      ramBlockAdded: (b) => seen.push(b.region.ramBlock === b, list.blocks().includes(b), b.hostAddress > 0),
      ramBlockRemoved: (b) => seen.push(b.host.readUint(0, 1), list.byIdstr("x") === b),
    });
    const x = block("x", 4096);
    x.host.writeUint(0, 1, 7);
    list.free(x);
    expect(seen).toEqual([true, true, true, 7, true]);
  });
});

describe("a failing notifier", () => {
  const failing = (name: string, method: keyof RAMBlockNotifier): RAMBlockNotifier => ({
    name,
    [method]: () => {
      throw new Error(`${name} is unwell`);
    },
  });

  test.each([
    ["ramBlockResized", "resized"],
    ["ramBlockIdstrChanged", "idstr"],
    ["ramBlockMigratableChanged", "migratable"],
    ["ramBlockRemoved", "removed"],
  ] as const)("at %s does not stop the change, nor the others", (method, kind) => {
    const { list, notifiers, block } = makeMemory();
    const trace: string[] = [];
    const rom = block("rom", 4096, { maxSize: PAGES(2) });
    notifiers.add(noting("old", trace));
    notifiers.add(failing("bad", method));
    notifiers.add(noting("young", trace));
    trace.length = 0;
    const change = {
      resized: () => list.resize(rom, PAGES(2)),
      idstr: () => list.setIdstr(rom, "new"),
      migratable: () => list.setMigratable(rom, false),
      removed: () => list.free(rom),
    }[kind];
    expect(change).toThrow(
      `notifier 'bad' failed when told '${kind}' of '${kind === "idstr" ? "new" : "rom"}': bad is unwell`,
    );
    expect(trace.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([`young ${kind}`, `old ${kind}`]);
    expect(
      {
        resized: rom.usedLength === 8192,
        idstr: rom.idstr === "new",
        migratable: !rom.migratable,
        removed: list.blocks().length === 0,
      }[kind],
    ).toBe(true);
  });

  test("at ramBlockAdded takes the allocation back from the others, and hears no more of it", () => {
    const { list, notifiers, block, ownership } = makeMemory();
    const trace: string[] = [];
    notifiers.add(noting("old", trace));
    notifiers.add(
      noting("bad", trace, {
        ramBlockAdded: () => {
          throw new Error("no room");
        },
      }),
    );
    expect(() => block("x", 4096)).toThrow("notifier 'bad' failed when told 'added' of 'x': no room");
    expect(trace).toEqual(["bad added x/1", "old added x/1", "old removed x/1"]);
    expect(list.blocks()).toEqual([]);
    return ownership.dispose();
  });

  test("and another come out as one error that holds both, with their causes", () => {
    const { list, notifiers, block } = makeMemory();
    const x = block("x", 4096);
    notifiers.add(failing("a", "ramBlockRemoved"));
    notifiers.add(failing("b", "ramBlockRemoved"));
    try {
      list.free(x);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(BackplaneAggregateError);
      const { code, errors } = error as BackplaneAggregateError;
      expect(code).toBe("NOTIFIER_FAILED");
      expect(errors.map((failure) => (failure as Error).message)).toEqual([
        "notifier 'b' failed when told 'removed' of 'x': b is unwell",
        "notifier 'a' failed when told 'removed' of 'x': a is unwell",
      ]);
      expect(((errors[0] as Error).cause as Error).message).toBe("b is unwell");
    }
  });

  test("during the replay is rolled back, newest first, and is not registered", () => {
    const { notifiers, block } = makeMemory();
    block("a", 3 * 4096);
    block("b", 2 * 4096);
    block("c", 4096);
    const trace: string[] = [];
    const picky = noting("picky", trace, {
      ramBlockAdded: ({ idstr }) => {
        if (idstr === "c") throw new Error("not c");
      },
    });
    expect(codeOf(() => notifiers.add(picky))).toBe("NOTIFIER_FAILED");
    expect(trace).toEqual([
      "picky added a/3",
      "picky added b/2",
      "picky added c/1",
      "picky removed b/2",
      "picky removed a/3",
    ]);
    expect(notifiers.subscribers()).toEqual([]);
  });
});

describe("a notifier that acts while it is told", () => {
  test("removes itself: it hears the end of all its blocks, and no more", () => {
    const { list, notifiers, block } = makeMemory();
    const trace: string[] = [];
    const rom = block("rom", 4096, { maxSize: PAGES(9) });
    let registration: Disposable | undefined;
    notifiers.add(noting("old", trace));
    registration = notifiers.add(noting("self", trace, { ramBlockResized: () => void registration?.dispose() }));
    trace.length = 0;
    list.resize(rom, PAGES(2));
    list.resize(rom, PAGES(3));
    expect(trace).toEqual([
      "self resized rom/1 1>2",
      "self removed rom/1",
      "old resized rom/1 1>2",
      "old resized rom/2 2>3",
    ]);
  });

  test("removes another before its turn: that one hears the end instead", () => {
    const { list, notifiers, block } = makeMemory();
    const trace: string[] = [];
    const rom = block("rom", 4096, { maxSize: PAGES(9) });
    const victim = notifiers.add(noting("victim", trace));
    notifiers.add(noting("young", trace, { ramBlockResized: () => void victim.dispose() }));
    trace.length = 0;
    list.resize(rom, PAGES(2));
    expect(trace).toEqual(["young resized rom/1 1>2", "victim removed rom/1"]);
  });

  test.each([
    [
      "added",
      (m: ReturnType<typeof makeMemory>) => m.block("new", 4096, { idstr: null }),
      ["late added rom/1", "late added new/1"],
    ],
    [
      "resized",
      (m: ReturnType<typeof makeMemory>, rom: RAMBlock) => m.list.resize(rom, PAGES(2)),
      ["late added rom/1", "late resized rom/1 1>2"],
    ],
    ["idstr", (m: ReturnType<typeof makeMemory>, rom: RAMBlock) => m.list.setIdstr(rom, "x"), ["late added x/1"]],
    [
      "migratable",
      (m: ReturnType<typeof makeMemory>, rom: RAMBlock) => m.list.setMigratable(rom, false),
      ["late added rom/1"],
    ],
    ["removed", (m: ReturnType<typeof makeMemory>, rom: RAMBlock) => m.list.free(rom), []],
  ] as const)("adds another while told '%s': nothing is heard twice, and nothing missed", (kind, change, heard) => {
    const m = makeMemory();
    const trace: string[] = [];
    const rom = m.block("rom", 4096, { maxSize: PAGES(9) });
    let isArmed = false;
    const bring = (): void => {
      if (isArmed) m.notifiers.add(noting("late", trace));
      isArmed = false;
    };
    m.notifiers.add({
      name: "bringer",
      ramBlockAdded: bring,
      ramBlockResized: bring,
      ramBlockIdstrChanged: bring,
      ramBlockMigratableChanged: bring,
      ramBlockRemoved: bring,
    });
    isArmed = true;
    change(m, rom);
    expect(trace).toEqual(heard);
    expect(kind).toBeTypeOf("string");
  });

  test("changes another block: everyone's picture stays right", () => {
    const { list, notifiers, block } = makeMemory();
    const trace: string[] = [];
    const a = block("a", 4096, { maxSize: PAGES(9) });
    const b = block("b", 4096, { maxSize: PAGES(8) });
    notifiers.add(noting("old", trace));
    notifiers.add(noting("nesting", trace, { ramBlockResized: (told) => told === a && list.resize(b, PAGES(3)) }));
    trace.length = 0;
    list.resize(a, PAGES(2));
    expect(trace).toEqual([
      "nesting resized a/1 1>2",
      "nesting resized b/1 1>3",
      "old resized b/1 1>3",
      "old resized a/1 1>2",
    ]);
  });

  test("changes a block that the others have not met: they meet it as it is by then", () => {
    const { list, notifiers, block } = makeMemory();
    const trace: string[] = [];
    notifiers.add(noting("old", trace));
    notifiers.add(noting("nesting", trace, { ramBlockAdded: (told) => list.resize(told, PAGES(4)) }));
    block("x", 4096, { maxSize: PAGES(9), idstr: null });
    expect(trace).toEqual(["nesting added x/1", "nesting resized x/1 1>4", "old added x/4"]);
  });

  test.each([
    [
      "resize",
      "resized",
      (list, rom) => list.resize(rom, PAGES(5)),
      "RAM block 'rom' cannot be resized while its notifiers are being told 'resized'",
    ],
    [
      "free",
      "resized",
      (list, rom) => list.free(rom),
      "RAM block 'rom' cannot be removed while its notifiers are being told 'resized'",
    ],
    [
      "rename",
      "removed",
      (list, rom) => list.setIdstr(rom, "y"),
      "RAM block 'rom' cannot be renamed while its notifiers are being told 'removed'",
    ],
    [
      "free",
      "removed",
      (list, rom) => list.free(rom),
      "RAM block 'rom' cannot be removed while its notifiers are being told 'removed'",
    ],
  ] as const satisfies readonly (readonly [
    string,
    string,
    (list: ReturnType<typeof makeMemory>["list"], rom: RAMBlock) => void,
    string,
  ])[])("may not %s the block it is told '%s' of", (_, kind, act, text) => {
    const { list, notifiers, block } = makeMemory();
    const rom = block("rom", 4096, { maxSize: PAGES(9) });
    let refusal = "";
    const attempt = (): void => {
      try {
        act(list, rom);
      } catch (error) {
        refusal = (error as Error).message;
      }
    };
    notifiers.add({ name: "n", ...(kind === "resized" ? { ramBlockResized: attempt } : { ramBlockRemoved: attempt }) });
    if (kind === "resized") list.resize(rom, PAGES(2));
    else list.free(rom);
    expect(refusal).toBe(text);
  });

  test("is not left with a block that goes while it is leaving", () => {
    const { list, notifiers, block } = makeMemory();
    const a = block("a", 2 * 4096);
    const b = block("b", 4096);
    const trace: string[] = [];
    const other = notifiers.add({ name: "other" });
    const leaving = notifiers.add(
      noting("leaving", trace, {
        ramBlockRemoved: (told) => {
          if (told !== a) return;
          void other.dispose();
          list.free(b);
        },
      }),
    );
    trace.length = 0;
    void leaving.dispose();
    expect(trace).toEqual(["leaving removed a/2", "leaving removed b/1"]);
    expect(notifiers.subscribers()).toEqual([]);
  });
});

test("one notifier object is registered once at a time", () => {
  const { notifiers } = makeMemory();
  const notifier = { name: "n" };
  const first = notifiers.add(notifier);
  expect(codeOf(() => notifiers.add(notifier))).toBe("NOTIFIER_REGISTERED_TWICE");
  void first.dispose();
  void first.dispose();
  notifiers.add(notifier);
  expect(notifiers.subscribers()).toEqual(["n"]);
});

describe("an observer", () => {
  test("sees each delivery after it has ended, with who was told and what was thrown", () => {
    const { list, notifiers, block } = makeMemory();
    const rom = block("rom", 4096, { maxSize: PAGES(2) });
    const notices: RAMBlockNotice[] = [];
    const watch = notifiers.observe((notice) => notices.push(notice));
    notifiers.add({
      name: "bad",
      ramBlockResized: () => {
        throw new Error("no");
      },
    });
    notifiers.add({ name: "good", ramBlockAdded: () => undefined, ramBlockResized: () => undefined });
    expect(codeOf(() => list.resize(rom, PAGES(2)))).toBe("NOTIFIER_FAILED");
    list.setIdstr(rom, "new");
    void watch.dispose();
    list.free(rom);
    const block0 = { idstr: "rom", region: "rom", usedLength: 4096, maxLength: 8192 };
    const renamed = { ...block0, idstr: "new", usedLength: 8192 };
    expect(notices).toEqual([
      { kind: "added", ...block0, subscribers: [{ name: "good" }] },
      {
        kind: "resized",
        ...block0,
        from: 4096,
        to: 8192,
        subscribers: [{ name: "good" }, { name: "bad", error: "no" }],
      },
      { kind: "idstr", ...renamed, from: "rom", to: "new", subscribers: [] },
    ]);
  });

  test("that fails takes nobody with it", () => {
    const { notifiers, block, list } = makeMemory();
    notifiers.observe(() => {
      throw new Error("cannot write");
    });
    block("x", 4096);
    expect(list.blocks().length).toBe(1);
  });
});
