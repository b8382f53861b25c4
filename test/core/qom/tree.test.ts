import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteLength, MEMORY_REGIONS, QOM, SYSTEM_IO, type Qom } from "backplane";
import { withMachine } from "backplane/kit";

const withTree = <T>(use: (qom: Qom) => T): Promise<T> => withMachine({}, (machine) => use(machine.service(QOM)));

describe("paths", () => {
  test("absolute ones lead from the root, step by step", () =>
    withTree((qom) => {
      expect(qom.resolve("/").type).toBe("container");
      expect(qom.resolve("/machine").type).toBe("test-machine");
      expect(qom.resolve("/machine//unattached/").path).toBe("/machine/unattached");
      expect(qom.find("/machine/nosuch")).toBeUndefined();
      expect(() => qom.resolve("/machine/nosuch")).toThrow("Device '/machine/nosuch' not found");
    }));

  test("partial ones lead to the one object that has such an end", () =>
    withTree((qom) => {
      const board = qom.resolve("/machine").addChild("board", "container");
      board.addChild("clock", "container");
      expect(qom.resolve("clock").path).toBe("/machine/board/clock");
      expect(qom.resolve("board/clock").path).toBe("/machine/board/clock");
      expect(() => qom.resolve("nosuch")).toThrow("Device 'nosuch' not found");
    }));

  test("an end that several objects have is ambiguous", () =>
    withTree((qom) => {
      for (const name of ["a", "b"]) qom.resolve("/machine").addChild(name, "container").addChild("clock", "container");
      expect(() => qom.resolve("clock")).toThrow("Path 'clock' is ambiguous");
      expect(qom.find("clock")).toBeUndefined();
      expect(qom.resolve("b/clock").path).toBe("/machine/b/clock");
    }));

  test("a step may be the name of a link", () =>
    withTree((qom) => {
      const machine = qom.resolve("/machine");
      machine.add({ name: "ports", type: "link<memory-region>", get: () => "/machine/unattached/io[0]" });
      machine.add({ name: "nothing", type: "link<memory-region>", get: () => "" });
      expect(qom.resolve("/machine/ports").path).toBe("/machine/unattached/io[0]");
      expect(qom.find("/machine/nothing")).toBeUndefined();
    }));
});

describe("children", () => {
  test("take the first free number", () =>
    withTree((qom) => {
      const machine = qom.resolve("/machine");
      const [first, second] = [machine.addChild("dma[*]", "irq"), machine.addChild("dma[*]", "irq")];
      expect([first.path, second.path]).toEqual(["/machine/dma[0]", "/machine/dma[1]"]);
      void first.dispose();
      expect(machine.addChild("dma[*]", "irq").name).toBe("dma[0]");
      expect(machine.addChild("dma[*]", "irq").name).toBe("dma[2]");
    }));

  test("of one name are refused", () =>
    withTree((qom) => {
      const objects = qom.resolve("/objects");
      objects.addChild("mem0", "container");
      expect(() => objects.addChild("mem0", "container")).toThrow(
        "attempt to add duplicate property 'mem0' to object (type 'container')",
      );
    }));

  test("go with whoever lists them", () =>
    withTree((qom) => {
      const names = ["one"];
      const listed = qom.resolve("/chardevs").addChildren(() => names.map((name) => ({ name, type: "chardev" })));
      expect(qom.resolve("/chardevs/one").type).toBe("chardev");
      names.push("two");
      expect(qom.resolve("two").path).toBe("/chardevs/two");
      void listed.dispose();
      expect(qom.find("two")).toBeUndefined();
    }));
});

test("regions stand below their owner, numbered by name; those of nobody below /machine/unattached", () =>
  withMachine({}, (machine) => {
    const qom = machine.service(QOM);
    const regions = machine.service(MEMORY_REGIONS);
    const owner = qom.resolve("/machine").addChild("board", "container");
    const [first, second] = regions.withOwner(owner, () => [
      regions.container("a/b", byteLength(4096)),
      regions.container("a/b", byteLength(4096)),
    ]);
    const loose = regions.container("loose", byteLength(4096));
    machine.service(SYSTEM_IO).root.addSubregion(first.address, first);
    expect(owner.children().map(({ path }) => path)).toEqual([
      "/machine/board/a\\x2fb[0]",
      "/machine/board/a\\x2fb[1]",
    ]);
    const property = (path: string, name: string) => qom.resolve(path).property(name)?.get?.();
    expect(property("/machine/board/a\\x2fb[0]", "container")).toBe("/machine/unattached/io[0]");
    expect(property("/machine/board/a\\x2fb[0]", "size")).toBe(4096);
    expect(property("/machine/unattached/system[0]", "size")).toBe(2n ** 64n - 1n);
    expect(qom.resolve("loose[0]").path).toBe("/machine/unattached/loose[0]");
    for (const region of [first, second, loose]) regions.destroy(region);
    expect(owner.children()).toEqual([]);
    expect(qom.find("loose[0]")).toBeUndefined();
  }));

test("whatever is added can be found by its path, until it goes", () =>
  withTree((qom) => {
    const machine = qom.resolve("/machine");
    const name = fc.stringMatching(/^[a-z]{1,3}(\[\*\])?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 20 }), (steps) => {
        const taken = new Map<string, { dispose(): void | Promise<void> }>();
        for (const [wanted, goes] of steps) {
          if (taken.has(wanted) || machine.property(wanted) !== undefined) continue;
          const child = machine.addChild(wanted, "container");
          expect(qom.resolve(child.path).path).toBe(child.path);
          if (goes) void child.dispose();
          else taken.set(child.name, child);
          expect(qom.find(child.path) === undefined).toBe(goes);
        }
        for (const child of taken.values()) void child.dispose();
        for (const gone of taken.keys()) expect(machine.child(gone)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  }));
