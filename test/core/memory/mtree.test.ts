import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  byteLength,
  formatMemoryTree,
  guestAddress,
  MiB,
  regionOffset,
  WHOLE_SPACE,
  type RegionOwner,
} from "backplane";
import { PageTree } from "../../../core/memory/page-tree.ts";
import { makeMemory, type MachineMemory } from "./machine-memory.ts";

const at = guestAddress;
const size = byteLength;
const none = { flat: false, dispatchTree: false, owner: false, disabled: false } as const;
const silent = { read: () => 0, write: () => undefined };

const text = ({ regions }: MachineMemory, options: Partial<Parameters<typeof formatMemoryTree>[1]> = {}): string =>
  formatMemoryTree(regions.addressSpaces(), { ...none, ...options });

describe("info mtree", () => {
  test("of a machine without anything", () => {
    const memory = makeMemory();
    const trees =
      "address-space: memory\n  0000000000000000-ffffffffffffffff (prio 0, i/o): system\n\n" +
      "address-space: I/O\n  0000000000000000-000000000000ffff (prio 0, i/o): io\n\n";
    expect(text(memory)).toBe(trees);
    expect(text(memory, { dispatchTree: true })).toBe(trees);
    expect(text(memory, { flat: true })).toBe(
      'FlatView #0\n AS "memory", root: system\n Root memory region: (none)\n  No rendered FlatView\n\n' +
        'FlatView #1\n AS "I/O", root: io\n Root memory region: io\n' +
        "  0000000000000000-000000000000ffff (prio 0, i/o): io\n\n",
    );
  });

  test("sorts by address and priority, names kinds, shows what is disabled on request, and aliases' targets once", () => {
    const memory = makeMemory();
    const { regions, memory: space } = memory;
    const ram = regions.ram("pc.ram", size(MiB));
    const low = regions.alias("low", ram, regionOffset(0x1000), size(0x1000));
    const again = regions.alias("again", ram, regionOffset(0), size(0x1000));
    const flash = regions.romDevice("flash", size(0x1000), silent);
    const bar = regions.ram("bar", size(0x1000), { ramDevice: true });
    again.setNonvolatile(true);
    flash.setEnabled(false);
    space.root.addSubregion(at(0x2000), regions.rom("rom", size(0x1000)), -1);
    space.root.addSubregion(at(0x2000), regions.io("device", size(0), silent), 5);
    space.root.addSubregion(at(0x1000), low);
    space.root.addSubregion(at(0), again);
    space.root.addSubregion(at(0x3000), flash);
    space.root.addSubregion(at(0x4000), bar);
    regions.addressSpace("cpu-memory-0", space.root);
    expect(
      text(memory, { disabled: true })
        .split("\n")
        .filter((line) => line !== ""),
    ).toEqual([
      "address-space: cpu-memory-0",
      "address-space: memory",
      "  0000000000000000-ffffffffffffffff (prio 0, i/o): system",
      "    0000000000000000-0000000000000fff (prio 0, nv-ram): alias again @pc.ram 0000000000000000-0000000000000fff",
      "    0000000000001000-0000000000001fff (prio 0, ram): alias low @pc.ram 0000000000001000-0000000000001fff",
      "    0000000000002000-0000000000002000 (prio 5, i/o): device",
      "    0000000000002000-0000000000002fff (prio -1, rom): rom",
      "    0000000000003000-0000000000003fff (prio 0, romd): flash [disabled]",
      "    0000000000004000-0000000000004fff (prio 0, ramd): bar",
      "address-space: I/O",
      "  0000000000000000-000000000000ffff (prio 0, i/o): io",
      "memory-region: pc.ram",
      "  0000000000000000-00000000000fffff (prio 0, ram): pc.ram",
    ]);
    expect(text(memory)).not.toContain("flash");
    flash.setRomDeviceMode(false);
    expect(text(memory, { disabled: true })).toContain("(prio 0, i/o): flash [disabled]");
  });

  test("warns of what leaves 64 bits", () => {
    const memory = makeMemory();
    const { regions, memory: space } = memory;
    space.root.addSubregion(at(0x1000), regions.container("wide", WHOLE_SPACE));
    expect(text(memory)).toContain(
      "\n[DETECTED OVERFLOW!]     0000000000001000-0000000000000fff (prio 0, i/o): wide\n",
    );
  });

  test("tells whose a region is", () => {
    const memory = makeMemory();
    const { regions, memory: space } = memory;
    const owner = (isDevice: boolean, path: string, id?: string): RegionOwner => ({
      path,
      isDevice,
      id,
      adopt: () => undefined,
      pathOf: () => path,
      release: () => undefined,
    });
    const make = (by: RegionOwner, name: string, inPortList = false): void =>
      regions.withOwner(by, () =>
        space.root.addSubregion(at(name.length), regions.io(name, size(1), silent, { inPortList })),
      );
    make(owner(true, "/machine/q35/mch"), "a");
    make(owner(true, "/machine/peripheral/net0", "net0"), "bb");
    make(owner(false, "/objects/mem0"), "ccc");
    make(owner(true, "/machine/dma"), "dddd", true);
    const owners = text(memory, { owner: true }).match(/: (a|bb|ccc|dddd|system) .*/g);
    expect(owners).toEqual([
      ": system parent:{obj path=/machine/unattached}",
      ": a owner:{dev path=/machine/q35/mch}",
      ": bb owner:{dev id=net0}",
      ": ccc owner:{obj path=/objects/mem0}",
      ": dddd owner:{obj type=memory-region-portio-list} parent:{dev path=/machine/dma}",
    ]);
  });

  test("shows parts of pages, IOMMUs and the latest access in the tables of a view", () => {
    const memory = makeMemory();
    const { regions, memory: space } = memory;
    space.root.addSubregion(at(0x800), regions.io("inside", size(0x100), silent));
    space.root.addSubregion(at(0x1f00), regions.ram("across", size(0x3000)));
    space.root.addSubregion(at(0x8000), regions.iommu("dmar", size(0x1000), { translate: () => undefined }));
    space.load(at(0x3000), 4);
    const sections = text(memory, { flat: true, dispatchTree: true })
      .match(/ {6}#.*/g)
      ?.slice(0, 9);
    expect(sections).toEqual([
      "      #0 @0000000000000000..ffffffffffffffff (noname) [unassigned]",
      "      #1 @0000000000000000..0000000000000fff (noname) [not dirty]",
      "      #2 @0000000000000800..00000000000008ff inside [ROM]",
      "      #3 @0000000000001000..0000000000001fff (noname) [watch]",
      "      #4 @0000000000001f00..0000000000001fff across",
      "      #5 @0000000000002000..0000000000003fff across [MRU]",
      "      #6 @0000000000004000..0000000000004fff (noname)",
      "      #7 @0000000000004000..0000000000004eff across",
      "      #8 @0000000000008000..0000000000008fff dmar [iommu]",
    ]);
  });
});

describe("a page tree", () => {
  const PAGES = 2 ** 52;
  /** Stretches of pages, ascending and apart, as those of a view are. */
  const runs = fc
    .array(
      fc.record({
        gap: fc.oneof(
          fc.nat({ max: 600 }),
          fc.nat({ max: 2 ** 31 - 1 }).map((gap) => gap * 2 ** 18),
        ),
        count: fc.oneof(fc.integer({ min: 1, max: 1100 }), fc.integer({ min: 1, max: 300_000 })),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => {
      let next = 0;
      return parts.flatMap(({ gap, count }) => {
        const page = next + gap;
        next = page + count;
        return next <= PAGES ? [{ page, count }] : [];
      });
    });

  /** Walks the tree as it is printed. */
  function find(tree: PageTree, page: number): number {
    let { pointer, skip } = tree.root;
    for (let level = 6; skip > 0;) {
      level -= skip;
      const node = tree.nodes[pointer];
      if (node === undefined) return 0;
      const entry = node.entries[Math.floor(page / 512 ** level) % 512];
      if (entry === undefined) throw new Error("no entry");
      ({ pointer, skip } = entry);
      if (pointer < 0) return 0;
    }
    return pointer;
  }

  test.prop([runs], { numRuns: 60 })(
    "leads each page to its section, with and without its levels skipped",
    (stretches) => {
      const tree = new PageTree();
      for (const [index, { page, count }] of stretches.entries()) tree.set(page, count, index + 1);
      const check = (): void => {
        for (const [index, { page, count }] of stretches.entries()) {
          for (const at of [page, page + count - 1, page + Math.floor(count / 2)])
            expect(find(tree, at)).toBe(index + 1);
        }
      };
      check();
      tree.compact();
      check();
    },
  );
});
