import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  ACCESS_DECODE_ERROR,
  ACCESS_OK,
  accessBy,
  byteLength,
  guestAddress,
  IOMMU_NONE,
  IOMMU_READ,
  IOMMU_READ_WRITE,
  IOMMU_WRITE,
  pagesOf,
  requesterOf,
  type IommuEvent,
  type IommuOps,
  type IommuPermission,
} from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

const at = guestAddress;
const size = byteLength;
const PAGE = 0x1000;

interface Mapping {
  readonly to: number;
  readonly permission: IommuPermission;
}

/** Memory with a device behind an IOMMU whose pages are those of a map. */
function setUp(extra: Partial<IommuOps> = {}) {
  const memory = makeMemory();
  const { regions, memory: system } = memory;
  const ram = regions.ram("ram", size(0x10000));
  system.root.addSubregion(at(0), ram);
  const pages = new Map<number, Mapping>();
  const asked: { readonly address: number; readonly requester: number | undefined }[] = [];
  const region = regions.iommu("dmar", size(0x10000), {
    translate(address, _access, attributes, into) {
      asked.push({ address, requester: requesterOf(attributes) });
      const mapping = pages.get(Math.floor(address / PAGE));
      into.target = system;
      into.size = PAGE;
      into.translated = mapping === undefined ? 0 : mapping.to * PAGE;
      into.permission = mapping?.permission ?? IOMMU_NONE;
    },
    ...extra,
  });
  const root = regions.container("root", size(0x20000));
  root.addSubregion(at(0), region);
  const space = regions.addressSpace("device", root);
  return { ...memory, system, region, pages, asked, space, root };
}

describe("an access behind an IOMMU", () => {
  test("goes where the translation says, page by page", () => {
    const { space, system, pages } = setUp();
    pages.set(0, { to: 7, permission: IOMMU_READ_WRITE });
    pages.set(1, { to: 2, permission: IOMMU_READ_WRITE });
    expect(space.store(at(0x10), 0x44332211, 4)).toBe(ACCESS_OK);
    expect(system.load(at(0x7010), 4)).toBe(0x44332211);
    expect(space.load64(at(0x10))).toBe(0x44332211n);
    // Over the border of two pages that lie apart.
    expect(space.store(at(0xffe), 0xaabbccdd, 4)).toBe(ACCESS_OK);
    expect([system.load(at(0x7ffe), 2), system.load(at(0x2000), 2)]).toEqual([0xccdd, 0xaabb]);
    expect(space.load(at(0xffe), 4)).toBe(0xaabbccdd);
    const bytes = Uint8Array.from({ length: 0x1800 }, (_, index) => index % 251);
    expect(space.write(at(0x400), bytes)).toBe(ACCESS_OK);
    const back = new Uint8Array(0x1800);
    expect(space.read(at(0x400), back)).toBe(ACCESS_OK);
    expect(back).toEqual(bytes);
    expect(system.load(at(0x2000), 1)).toBe(bytes[0xc00]);
  });

  test("that is not let through reads 0, writes nothing, and says so", () => {
    const { space, system, pages } = setUp();
    pages.set(0, { to: 1, permission: IOMMU_READ });
    pages.set(1, { to: 2, permission: IOMMU_WRITE });
    system.store(at(0x1000), 5, 1);
    system.store(at(0x2000), 6, 1);
    expect([space.load(at(0), 1), space.lastResult]).toEqual([5, ACCESS_OK]);
    expect(space.store(at(0), 9, 1)).toBe(ACCESS_DECODE_ERROR);
    expect([space.load(at(0x1000), 1), space.lastResult]).toEqual([0, ACCESS_DECODE_ERROR]);
    expect(space.store(at(0x1000), 9, 1)).toBe(ACCESS_OK);
    expect([system.load(at(0x1000), 1), system.load(at(0x2000), 1)]).toEqual([5, 9]);
    const bytes = new Uint8Array(0x1001).fill(1);
    expect(space.read(at(0), bytes)).toBe(ACCESS_DECODE_ERROR);
    expect([bytes[0], bytes[0x1000]]).toEqual([5, 0]);
    expect(space.write(at(0x1fff), bytes.subarray(0, 2))).toBe(ACCESS_DECODE_ERROR);
    expect(system.load(at(0x2fff), 1)).toBe(5);
  });

  test("carries who makes it, and finds devices behind", () => {
    const { space, system, regions, pages, asked } = setUp();
    const seen: unknown[] = [];
    const device = regions.io("msi", size(0x1000), {
      read: (_offset, _width, attributes = 0) => requesterOf(attributes) ?? 0,
      write: (offset, value, width, attributes = 0) => void seen.push([offset, value, width, requesterOf(attributes)]),
    });
    system.root.addSubregion(at(0xf000), device, 1);
    pages.set(3, { to: 15, permission: IOMMU_READ_WRITE });
    space.store(at(0x3004), 0x31, 4, accessBy(0x1fa));
    expect(seen).toEqual([[4, 0x31, 4, 0x1fa]]);
    expect(space.load(at(0x3000), 4, accessBy(0x00fa))).toBe(0xfa);
    expect(asked.map(({ requester }) => requester)).toEqual([0x1fa, 0x00fa]);
  });

  test("may pass another IOMMU, and large pages", () => {
    const { space, regions, pages, system } = setUp();
    pages.set(4, { to: 5, permission: IOMMU_READ_WRITE });
    const outer = regions.iommu("outer", size(2 ** 40), {
      translate(_address, _access, _attributes, into) {
        into.target = space;
        into.size = 0x8000;
        into.translated = 0;
        into.permission = IOMMU_READ_WRITE;
      },
    });
    const through = regions.addressSpace("outer", outer);
    through.store(at(0x40_4010), 77, 1);
    expect(system.load(at(0x5010), 1)).toBe(77);
    expect(through.find(at(0x404010))?.region).toBe(outer);
  });

  const page = fc.record({
    from: fc.nat({ max: 15 }),
    to: fc.nat({ max: 15 }),
    permission: fc.constantFrom<IommuPermission>(IOMMU_NONE, IOMMU_READ, IOMMU_WRITE, IOMMU_READ_WRITE),
  });
  test.prop([fc.array(page, { maxLength: 12 }), fc.nat({ max: 0xff00 }), fc.integer({ min: 1, max: 0x2100 })], {
    numRuns: 60,
  })("is what each byte says", (mappings, start, length) => {
    const { space, system, pages } = setUp();
    for (const { from, to, permission } of mappings) pages.set(from, { to, permission });
    for (let index = 0; index < 0x10000; index += 4) system.store(at(index), index * 2654435761, 4);
    const bytes = new Uint8Array(Math.min(length, 0x10000 - start));
    const result = space.read(at(start), bytes);
    const allowed = (address: number): boolean => ((pages.get(address >> 12)?.permission ?? 0) & IOMMU_READ) !== 0;
    let isComplete = true;
    for (let index = 0; index < bytes.length; index++) {
      const address = start + index;
      isComplete &&= allowed(address);
      const to = (pages.get(address >> 12)?.to ?? 0) * PAGE + (address % PAGE);
      if (bytes[index] !== (allowed(address) ? system.load(at(to), 1) : 0)) expect.fail(`byte ${index}`);
    }
    expect(result).toBe(isComplete ? ACCESS_OK : ACCESS_DECODE_ERROR);
  });
});

describe("an IOMMU's notifiers", () => {
  test("are told of what touches their part, by kind and index", () => {
    const { region, system } = setUp();
    const told: string[] = [];
    const listen = (name: string, options: Partial<Parameters<typeof region.addNotifier>[0]>) =>
      region.addNotifier({
        events: ["map", "unmap"],
        notify: ({ kind }) => void told.push(`${name} ${kind}`),
        ...options,
      });
    listen("all", {});
    listen("low", { end: 0x4000 });
    listen("high", { start: 0x4000 });
    listen("unmaps", { events: ["unmap"] });
    const other = listen("other", { index: 1 });
    const event = (kind: IommuEvent["kind"], address: number, length: number): IommuEvent => ({
      kind,
      target: system,
      address,
      translated: 0,
      size: length,
      permission: kind === "map" ? IOMMU_READ_WRITE : IOMMU_NONE,
    });
    region.notify(event("map", 0x3000, PAGE));
    region.notify(event("unmap", 0, 0x8000));
    region.notify(event("map", 0x4000, PAGE), 1);
    expect(told).toEqual(["all map", "low map", "all unmap", "low unmap", "high unmap", "unmaps unmap", "other map"]);
    void other.dispose();
    region.notify(event("map", 0x4000, PAGE), 1);
    expect(told.length).toBe(7);
  });

  test("are refused by an IOMMU that cannot tell of mappings, and then are not there", () => {
    const changes: string[] = [];
    const { region } = setUp({
      eventsChanged(before, after) {
        if (after.has("map")) throw new Error("caching mode is off");
        changes.push(`${[...before].join()}>${[...after].join()}`);
      },
    });
    const notify = (): void => undefined;
    expect(codeOf(() => region.addNotifier({ events: ["map"], notify }))).toBe("Error: caching mode is off");
    expect(region.isWatched).toBe(false);
    const first = region.addNotifier({ events: ["unmap"], notify });
    const second = region.addNotifier({ events: ["unmap"], notify });
    expect(region.isWatched).toBe(true);
    void second.dispose();
    void first.dispose();
    expect([region.isWatched, changes]).toEqual([false, [">unmap", "unmap>"]]);
  });

  test("hear of all that is mapped when they ask, page by page or as the IOMMU knows better", () => {
    const { region, pages } = setUp();
    pages.set(2, { to: 9, permission: IOMMU_READ });
    pages.set(5, { to: 1, permission: IOMMU_READ_WRITE });
    const told: unknown[] = [];
    const notifier = {
      events: ["map"] as const,
      notify: ({ address, translated, size: length, permission }: IommuEvent) =>
        void told.push([address, translated, length, permission]),
    };
    region.replay(notifier);
    expect(told).toEqual([
      [0x2000, 0x9000, PAGE, IOMMU_READ],
      [0x5000, 0x1000, PAGE, IOMMU_READ_WRITE],
    ]);
    const replayed: unknown[] = [];
    const own = setUp({ replay: (asking) => void replayed.push(asking) });
    own.region.replay(notifier);
    expect(replayed).toEqual([notifier]);
  });

  test.prop([fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 30 })])(
    "any stretch is told as naturally aligned powers of two, in order and without gaps",
    (from, length) => {
      const start = from * PAGE;
      let next = start;
      for (const part of pagesOf(start, length * PAGE)) {
        expect([part.address, part.address % part.size, Math.log2(part.size) % 1]).toEqual([next, 0, 0]);
        next += part.size;
      }
      expect(next).toBe(start + length * PAGE);
    },
  );
});

describe("mapping behind an IOMMU", () => {
  test("spans pages that lie side by side, and stops where they do not", () => {
    const { space, pages } = setUp();
    for (const [from, to] of [
      [0, 4],
      [1, 5],
      [2, 9],
    ] as const)
      pages.set(from, { to, permission: IOMMU_READ_WRITE });
    const mapping = space.map(at(0x800), 0x2000, "write");
    expect([mapping?.length, mapping?.isBounce]).toEqual([0x1800, false]);
  });
});
