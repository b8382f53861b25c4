import fc from "fast-check";
import { expect, test } from "vitest";
import { guestAddress, type IommuEvent, type IommuNotifier } from "backplane";
import { VFIO_HELPERS } from "backplane/plugins/vfio-helpers/contract";
import { q35, withBoard } from "../pci/board.ts";
import { CONTEXT_ALL, Guest, IOTLB_ALL, iotlbDomain, iotlbPages, PAGES, STATUS, waitFor } from "./guest.ts";

const IOVA = 0x1234_5000;
const DOMAIN = 5;

const follow = (options: string, use: (guest: Guest) => void | Promise<void>, keys = {}): Promise<void> =>
  withBoard(
    q35("-device", `intel-iommu,${options}`),
    async (board) => {
      const guest = new Guest(board);
      guest.context({ domain: DOMAIN });
      guest.translate();
      guest.startQueue();
      await use(guest);
    },
    [],
    keys,
  );

class Copy implements IommuNotifier {
  readonly events: readonly IommuEvent["kind"][];
  told: string[] = [];

  constructor(...events: readonly IommuEvent["kind"][]) {
    this.events = events;
  }

  notify({ kind, address, translated, size, permission }: IommuEvent): void {
    const hex = (value: number): string => value.toString(16);
    this.told.push(
      kind === "map"
        ? `map ${hex(address)}+${hex(size)} to ${hex(translated)} ${permission}`
        : `${kind} ${hex(address)}+${hex(size)}`,
    );
  }

  take(): readonly string[] {
    return this.told.splice(0);
  }
}

test.each([
  ["caching-mode=off", ["map", "unmap"], "device 00.1f.2 requires caching mode: Operation not supported"],
  ["caching-mode=on", ["device-unmap"], "device 00.1f.2 requires device IOTLB mode: Operation not supported"],
  [
    "caching-mode=on,snoop-control=on",
    ["unmap"],
    "Snoop Control with vhost or VFIO is not supported: Operation not supported",
  ],
] as const)("with %s a follower of %j is refused", (options, events, text) =>
  follow(options, (guest) => {
    expect(() => guest.region.addNotifier(new Copy(...events))).toThrow(text);
    expect(guest.region.notifiers).toEqual([]);
  }),
);

test("a follower is told what pages became", () =>
  follow("caching-mode=on", (guest) => {
    guest.map(IOVA, PAGES);
    const copy = new Copy("map", "unmap");
    const registration = guest.region.addNotifier(copy);
    guest.region.replay(copy);
    expect(copy.take()).toEqual(["map 12345000+1000 to 800000 3"]);
    guest.queue(iotlbPages(DOMAIN, IOVA));
    expect(copy.take()).toEqual([]);
    guest.map(IOVA + 0x1000, PAGES + 0x5000, { rights: 1 });
    guest.queue(iotlbPages(DOMAIN, IOVA - 0x1000, 1));
    expect(copy.take()).toEqual([]);
    guest.queue(iotlbPages(DOMAIN, IOVA + 0x1000));
    expect(copy.take()).toEqual(["map 12346000+1000 to 805000 1"]);
    guest.map(IOVA, PAGES + 0x1000);
    guest.queue(iotlbDomain(DOMAIN));
    expect(copy.take()).toEqual(["unmap 12345000+1000", "map 12345000+1000 to 801000 3"]);
    guest.unmap(IOVA);
    guest.queue(iotlbDomain(DOMAIN + 1));
    expect(copy.take()).toEqual([]);
    guest.queue(IOTLB_ALL);
    expect(copy.take()).toEqual(["unmap 12345000+1000"]);
    void registration.dispose();
  }));

test("who only forgets is told to forget what was invalidated, mapped or not", () =>
  follow("device-iotlb=on", (guest) => {
    const copy = new Copy("unmap", "device-unmap");
    guest.region.addNotifier(copy);
    guest.queue(iotlbPages(DOMAIN, IOVA, 3), iotlbPages(DOMAIN + 1, IOVA));
    expect(copy.take()).toEqual(["unmap 12345000+8000"]);
    // Device-IOTLB invalidations: a page, and a range of which the lowest clear bit of the page number tells the size.
    const device = 3n | (0xfan << 32n);
    guest.queue([device, BigInt(IOVA)], [device, 0x1234_3000n | 1n]);
    expect(copy.take()).toEqual(["device-unmap 12345000+1000", "device-unmap 12340000+8000"]);
  }));

test("a context that goes unmaps everything, and its return maps it again", () =>
  follow("caching-mode=on", (guest) => {
    guest.map(IOVA, PAGES);
    const copy = new Copy("map", "unmap");
    guest.region.addNotifier(copy);
    guest.region.replay(copy);
    copy.take();
    guest.queue(CONTEXT_ALL);
    expect(copy.take()).toEqual(["unmap 0+1000000000000", "map 12345000+1000 to 800000 3"]);
  }));

test("what followers were told is at any time what the tables map, for the pages that were invalidated", () =>
  follow("caching-mode=on", (guest) => {
    const copied = new Map<number, string>();
    const notifier: IommuNotifier = {
      events: ["map", "unmap"],
      notify: ({ kind, address, size, translated, permission }) => {
        for (const page of copied.keys()) if (page >= address && page < address + size) copied.delete(page);
        if (kind === "map") copied.set(address, `${size} ${translated} ${permission}`);
      },
    };
    guest.region.addNotifier(notifier);
    const step = fc.record({
      page: fc.nat(7),
      target: fc.nat(3),
      rights: fc.constantFrom(0, 1, 2, 3),
      invalidation: fc.constantFrom("page", "domain", "all", "range"),
    });
    const expected = new Map<number, string>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        for (const { page, target, rights, invalidation } of steps) {
          const address = IOVA - 0x5000 + page * 0x1000;
          guest.map(address, PAGES + target * 0x1000, { rights });
          if (rights === 0) expected.delete(address);
          else expected.set(address, `4096 ${PAGES + target * 0x1000} ${rights}`);
          if (invalidation === "page") guest.queue(iotlbPages(DOMAIN, address));
          else if (invalidation === "domain") guest.queue(iotlbDomain(DOMAIN));
          else if (invalidation === "all") guest.queue(IOTLB_ALL);
          else guest.queue(iotlbPages(DOMAIN, IOVA - 0x5000, 3));
          expect(copied).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  }));

test("tables that have no end for followers end, and it is said", () =>
  follow("caching-mode=on", (guest) => {
    // Each entry of three levels leads to the same table of the next.
    for (let level = 0; level < 3; level++)
      for (let at = 0; at < 512; at++)
        guest.store64(0x20_0000 + level * 0x1000 + at * 8, BigInt(0x20_1003 + level * 0x1000));
    guest.region.addNotifier(new Copy("map", "unmap"));
    guest.queue(IOTLB_ALL, waitFor(0x77));
    expect(guest.board.load(STATUS)).toBe(0x77);
    expect(guest.board.log.some(({ message }) => message.startsWith("page tables have no end"))).toBe(true);
  }));

test("a VFIO container's device reaches what the guest maps for it, and nothing else", () => {
  const story = async (guest: Guest): Promise<void> => {
    guest.map(IOVA, PAGES);
    const vfio = guest.board.machine.service(VFIO_HELPERS);
    const container = vfio.modelContainer();
    const following = vfio.follow(guest.function.memory, container);
    const bytes = new Uint8Array(4);
    guest.board.store(PAGES, 0x0403_0201);
    expect([container.readDma(IOVA, bytes), [...bytes]]).toEqual([true, [1, 2, 3, 4]]);
    guest.map(IOVA, PAGES + 0x2000, { rights: 3 });
    guest.queue(iotlbPages(DOMAIN, IOVA));
    container.writeDma(IOVA + 4, Uint8Array.of(9, 8, 7, 6));
    expect(guest.board.load(PAGES + 0x2004)).toBe(0x0607_0809);
    guest.unmap(IOVA);
    guest.queue(iotlbPages(DOMAIN, IOVA));
    expect(container.readDma(IOVA, bytes)).toBe(false);
    // Passing through, the device sees memory itself.
    guest.context({ domain: DOMAIN, type: 2 });
    guest.queue(CONTEXT_ALL, IOTLB_ALL);
    expect(container.readDma(PAGES, bytes)).toBe(true);
    expect(guest.function.memory.find(guestAddress(PAGES))?.region.kind).toBe("ram");
    await following.dispose();
    container.close();
  };
  return follow("caching-mode=on", story, { "vfio-helpers": { value: { devices: [] } } });
});
