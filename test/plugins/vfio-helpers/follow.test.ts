import { describe, expect, test } from "vitest";
import {
  byteLength,
  guestAddress,
  IOMMU_NONE,
  IOMMU_READ,
  IOMMU_READ_WRITE,
  MEMORY_REGIONS,
  RUN_STATES,
  SYSTEM_MEMORY,
  type AddressSpace,
  type IommuEvent,
  type IommuOps,
  type LogRecord,
  type Machine,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import { withMachine } from "backplane/kit";
import { VFIO_HELPERS, type VfioContainerModel, type VfioHelpers } from "backplane/plugins/vfio-helpers/contract";
import vfioHelpers from "../../../plugins/vfio-helpers/index.ts";
import { MiB } from "./vfio-machine.ts";

const PAGE = 4096;

interface Bench {
  readonly machine: Machine;
  readonly memory: AddressSpace;
  readonly regions: MemoryRegions;
  readonly vfio: VfioHelpers;
  readonly container: VfioContainerModel;
  readonly log: readonly LogRecord[];
  readonly messages: () => string[];
  /** IOVA, length in pages, and whether a device may write. */
  readonly mapped: () => [number, number, boolean][];
}

function withFollower(key: object, story: (bench: Bench) => void | Promise<void>): Promise<void> {
  const options = { "vfio-helpers": { value: key as never } };
  return withMachine({ with: [vfioHelpers], options }, async (machine, log) => {
    const vfio = machine.service(VFIO_HELPERS);
    const container = vfio.modelContainer();
    try {
      await story({
        machine,
        vfio,
        container,
        log,
        memory: machine.service(SYSTEM_MEMORY),
        regions: machine.service(MEMORY_REGIONS),
        messages: () => log.map(({ message }) => message),
        mapped: () => container.mappings().map(({ iova, length, write }) => [iova, length / PAGE, write]),
      });
    } finally {
      container.close();
    }
  });
}

function addRam({ regions, memory }: Bench, name: string, address: number, pages: number): MemoryRegion {
  const region = regions.ram(name, byteLength(pages * PAGE));
  memory.root.addSubregion(guestAddress(address), region);
  return region;
}

describe("RAM of a space", () => {
  test("is mapped where it stands, and DMA reaches it", () =>
    withFollower({}, async (bench) => {
      const { vfio, memory, container, mapped, regions } = bench;
      addRam(bench, "low", 0, 16);
      const following = vfio.follow(memory, container);
      expect(mapped()).toEqual([[0, 16, true]]);
      const high = addRam(bench, "high", 2 ** 32, 8);
      expect(mapped()).toEqual([
        [0, 16, true],
        [2 ** 32, 8, true],
      ]);
      expect(container.writeDma(2 ** 32 + 100, Uint8Array.of(1, 2, 3))).toBe(true);
      expect(memory.load(guestAddress(2 ** 32 + 101), 1)).toBe(2);
      memory.root.removeSubregion(high);
      regions.destroy(high);
      expect(mapped()).toEqual([[0, 16, true]]);
      expect(container.readDma(2 ** 32, new Uint8Array(1))).toBe(false);
      expect(container.faults).toEqual([{ iova: 2 ** 32, write: false, reason: "unmapped" }]);
      await following.dispose();
      expect(mapped()).toEqual([]);
    }));

  test("ROM is not written, and registers are not mapped", () =>
    withFollower({}, async (bench) => {
      const { vfio, memory, container, mapped, regions } = bench;
      memory.root.addSubregion(guestAddress(0xc0000), regions.rom("rom", byteLength(4 * PAGE)));
      memory.root.addSubregion(
        guestAddress(0xd0000),
        regions.io("registers", byteLength(PAGE), { read: () => 0, write: () => undefined }),
      );
      const following = vfio.follow(memory, container);
      expect(mapped()).toEqual([[0xc0000, 4, false]]);
      expect(container.writeDma(0xc0000, Uint8Array.of(1))).toBe(false);
      expect(container.faults.at(-1)?.reason).toBe("permission");
      await following.dispose();
    }));

  test("what hides a part of it splits it", () =>
    withFollower({}, async (bench) => {
      const { vfio, memory, container, mapped, regions } = bench;
      addRam(bench, "low", 0, 16);
      const following = vfio.follow(memory, container);
      const window = regions.io("window", byteLength(PAGE), { read: () => 0, write: () => undefined });
      memory.root.addSubregion(guestAddress(4 * PAGE), window, 1);
      expect(mapped()).toEqual([
        [0, 4, true],
        [5 * PAGE, 11, true],
      ]);
      memory.root.removeSubregion(window);
      expect(mapped()).toEqual([[0, 16, true]]);
      await following.dispose();
    }));

  test("less than a page is left out", () =>
    withFollower({}, async (bench) => {
      const { vfio, memory, container, mapped, regions } = bench;
      addRam(bench, "low", 0, 4);
      const shadow = regions.io("shadow", byteLength(0x100), { read: () => 0, write: () => undefined });
      memory.root.addSubregion(guestAddress(PAGE + 0x100), shadow, 1);
      const following = vfio.follow(memory, container);
      expect(mapped()).toEqual([
        [0, 1, true],
        [2 * PAGE, 2, true],
      ]);
      await following.dispose();
    }));

  test("what the container refuses at the start refuses the whole", () =>
    withFollower({ entryLimit: 1 }, (bench) => {
      const { vfio, memory, container, mapped } = bench;
      addRam(bench, "low", 0, 4);
      addRam(bench, "high", MiB, 4);
      expect(() => vfio.follow(memory, container)).toThrow(
        /^Region high: vfio_container_dma_map\(0x100000, 0x4000, 0x[0-9a-f]+\) = -28 \(No space left on device\)$/,
      );
      expect(mapped()).toEqual([]);
    }));

  test("what it refuses later halts the machine", () =>
    withFollower({ entryLimit: 1 }, async (bench) => {
      const { vfio, memory, container, messages, machine } = bench;
      addRam(bench, "low", 0, 4);
      const following = vfio.follow(memory, container);
      machine.cont();
      addRam(bench, "high", MiB, 4);
      expect(messages().at(-1)).toBe("vfio: DMA mapping failed, unable to continue");
      expect(machine.service(RUN_STATES).current).toBe("internal-error");
      await following.dispose();
    }));
});

/** An IOMMU whose table is a map from pages to pages. */
function translator({ regions, memory }: Bench, size: number) {
  const table = new Map<number, { readonly page: number; readonly write: boolean }>();
  let watchers = 0;
  const ops: IommuOps = {
    translate(address, _access, _attributes, into) {
      const entry = table.get(Math.floor(address / PAGE));
      into.target = memory;
      into.size = PAGE;
      into.translated = (entry?.page ?? 0) * PAGE;
      into.permission = entry === undefined ? IOMMU_NONE : entry.write ? IOMMU_READ_WRITE : IOMMU_READ;
    },
    eventsChanged: (_before, after) => (watchers = after.size),
  };
  const region = regions.iommu("iommu", byteLength(size), ops);
  const event = (page: number, kind: IommuEvent["kind"]): IommuEvent => {
    const entry = table.get(page);
    return {
      kind,
      target: memory,
      address: page * PAGE,
      translated: (entry?.page ?? 0) * PAGE,
      size: PAGE,
      permission: kind === "map" ? (entry?.write === true ? IOMMU_READ_WRITE : IOMMU_READ) : IOMMU_NONE,
    };
  };
  return {
    region,
    watchers: () => watchers,
    map(page: number, to: number, write = true) {
      table.set(page, { page: to, write });
      region.notify(event(page, "map"));
    },
    unmap(page: number) {
      table.delete(page);
      region.notify(event(page, "unmap"));
    },
  };
}

describe("an IOMMU in the space", () => {
  const start = (bench: Bench) => {
    addRam(bench, "ram", 0, 64);
    const iommu = translator(bench, 32 * PAGE);
    const space = bench.regions.addressSpace("device", iommu.region);
    return { iommu, space };
  };

  test("what is mapped already is replayed, what comes and goes follows", () =>
    withFollower({}, async (bench) => {
      const { vfio, container, mapped, memory } = bench;
      const { iommu, space } = start(bench);
      iommu.map(3, 40);
      const following = vfio.follow(space, container);
      expect(iommu.watchers()).toBe(2);
      expect(mapped()).toEqual([[3 * PAGE, 1, true]]);
      iommu.map(7, 41, false);
      expect(mapped()).toEqual([
        [3 * PAGE, 1, true],
        [7 * PAGE, 1, false],
      ]);
      memory.store(guestAddress(41 * PAGE + 8), 0x1234, 4);
      const into = new Uint8Array(4);
      expect(container.readDma(7 * PAGE + 8, into)).toBe(true);
      expect([...into]).toEqual([0x34, 0x12, 0, 0]);
      iommu.unmap(3);
      expect(mapped()).toEqual([[7 * PAGE, 1, false]]);
      await following.dispose();
      expect(mapped()).toEqual([]);
      expect(iommu.watchers()).toBe(0);
      await space.dispose();
    }));

  test("what is no memory behind it is reported", () =>
    withFollower({}, async (bench) => {
      const { vfio, container, mapped, messages } = bench;
      const { iommu, space } = start(bench);
      const following = vfio.follow(space, container);
      iommu.map(1, 1000);
      expect(mapped()).toEqual([]);
      expect(messages().at(-1)).toBe("iommu map to non memory area 3e8000");
      await following.dispose();
      await space.dispose();
    }));

  test("a second mapping of a page is refused by the container, and reported", () =>
    withFollower({}, async (bench) => {
      const { vfio, container, mapped, messages, machine } = bench;
      const { iommu, space } = start(bench);
      const following = vfio.follow(space, container);
      iommu.map(1, 2);
      iommu.map(1, 3);
      expect(mapped()).toEqual([[PAGE, 1, true]]);
      expect(messages().at(-1)).toMatch(
        /^vfio_container_dma_map\(0x1000, 0x1000, 0x[0-9a-f]+\) = -17 \(File exists\)$/,
      );
      expect(machine.service(RUN_STATES).current).not.toBe("internal-error");
      await following.dispose();
      await space.dispose();
    }));

  test("one that cannot tell of mappings is refused", () =>
    withFollower({}, async (bench) => {
      const { vfio, container, regions } = bench;
      const ops: IommuOps = {
        translate: () => undefined,
        eventsChanged(_before, after) {
          if (after.size > 0) throw new Error("needs caching-mode=on");
        },
      };
      const space = regions.addressSpace("device", regions.iommu("blind", byteLength(MiB), ops));
      expect(() => vfio.follow(space, container)).toThrow("Region blind: needs caching-mode=on");
      await space.dispose();
    }));
});
