import { expect, test } from "vitest";
import { guestAddress, IOMMU_READ, IOMMU_WRITE } from "backplane";
import { PCI } from "backplane/plugins/pci/contract";
import { q35, withBoard } from "../pci/board.ts";
import { CONTEXT_ALL, Guest, iotlbPages, IOTLB_ALL, PAGES, UNIT } from "./guest.ts";

const IOVA = 0x1234_5000;
const FAULT = { contextAbsent: 2, noWrite: 5, noRead: 6, messages: 0xe } as const;

const translating = (options: string, use: (guest: Guest) => void | Promise<void>): Promise<void> =>
  withBoard(q35("-device", `intel-iommu${options}`), async (board) => {
    const guest = new Guest(board);
    guest.context();
    guest.translate();
    await use(guest);
  });

test("a function's requests go where second-level tables say, whatever the page's size", () =>
  translating("", (guest) => {
    guest.map(IOVA, PAGES);
    guest.map(0x4000_0000, PAGES, { level: 2 });
    guest.map(0x80_0000_0000, 0, { level: 3 });
    for (const address of [IOVA, 0x4000_0000, 0x80_0000_0000 + PAGES]) {
      guest.board.store(PAGES + 0x10, 0);
      expect(guest.function.writeMemory(address + 0x10, Uint8Array.of(1, 2, 3, 4))).toBe(true);
      expect(guest.board.load(PAGES + 0x10)).toBe(0x0403_0201);
    }
    expect(guest.takeFault()).toBeUndefined();
  }));

test("what tables do not permit is kept out, and told once with its requester and page", () =>
  translating("", (guest) => {
    guest.map(IOVA, PAGES, { rights: 1 });
    guest.board.store(PAGES, 0xaaaa_aaaa);
    guest.function.writeMemory(IOVA, Uint8Array.of(1));
    expect(guest.board.load(PAGES)).toBe(0xaaaa_aaaa);
    expect(guest.takeFault()).toEqual({ reason: FAULT.noWrite, source: 0xfa, address: BigInt(IOVA) });
    const bytes = new Uint8Array(4).fill(9);
    guest.function.readMemory(IOVA, bytes);
    expect(bytes).toEqual(Uint8Array.of(0xaa, 0xaa, 0xaa, 0xaa));
    // What was read is cached with what it permits: the peer blocks a write to it without a fault.
    guest.function.writeMemory(IOVA, Uint8Array.of(1));
    expect([guest.board.load(PAGES), guest.takeFault()]).toEqual([0xaaaa_aaaa, undefined]);
    guest.function.readMemory(IOVA + 0x1000, bytes);
    expect(bytes).toEqual(new Uint8Array(4));
    expect(guest.takeFault()?.reason).toBe(FAULT.noRead);
  }));

test("an access goes on in the next page, mapped elsewhere", () =>
  translating("", (guest) => {
    guest.map(IOVA, PAGES + 0x5000);
    guest.map(IOVA + 0x1000, PAGES);
    guest.function.writeMemory(IOVA + 0xffe, Uint8Array.of(1, 2, 3, 4));
    expect([guest.board.load(PAGES + 0x5ffe, 2), guest.board.load(PAGES, 2)]).toEqual([0x0201, 0x0403]);
  }));

test("translations stay as they were cached until the guest invalidates them", () =>
  translating("", (guest) => {
    guest.startQueue();
    guest.map(IOVA, PAGES);
    expect(guest.translation(IOVA, IOMMU_READ).translated).toBe(PAGES);
    guest.map(IOVA, PAGES + 0x1000);
    expect(guest.translation(IOVA, IOMMU_READ).translated).toBe(PAGES);
    guest.queue(iotlbPages(4, IOVA));
    expect(guest.translation(IOVA, IOMMU_READ).translated).toBe(PAGES);
    guest.queue(iotlbPages(5, IOVA + 0x1000));
    expect(guest.translation(IOVA, IOMMU_READ).translated).toBe(PAGES);
    guest.queue(iotlbPages(5, IOVA + 0x1000, 4));
    expect(guest.translation(IOVA, IOMMU_READ).translated).toBe(PAGES + 0x1000);
  }));

test("1024 translations are cached, and then none", () =>
  translating("", (guest) => {
    for (let page = 0; page < 1025; page++) guest.map(page * 0x1000, PAGES + page * 0x1000);
    for (let page = 0; page < 1024; page++) guest.translation(page * 0x1000, IOMMU_READ);
    guest.unmap(0);
    expect(guest.translation(0, IOMMU_READ).permission).toBe(3);
    guest.translation(1024 * 0x1000, IOMMU_READ);
    expect(guest.translation(0, IOMMU_READ).permission).toBe(0);
  }));

test("pages in the range of messages are refused", () =>
  translating("", (guest) => {
    guest.map(IOVA, 0xfee0_0000);
    expect(guest.translation(IOVA, IOMMU_WRITE).permission).toBe(0);
    expect(guest.takeFault()?.reason).toBe(FAULT.messages);
  }));

test("a context that disables faults keeps the request out in silence", () =>
  translating("", (guest) => {
    guest.context({ disabled: true });
    expect(guest.translation(IOVA, IOMMU_READ).permission).toBe(0);
    expect(guest.takeFault()).toBeUndefined();
  }));

test("a function that passes through leaves the translator, and comes back when its context says so", () =>
  translating("", (guest) => {
    guest.startQueue();
    guest.context({ type: 2 });
    guest.queue(CONTEXT_ALL, IOTLB_ALL);
    const { memory } = guest.function;
    expect(memory.find(guestAddress(PAGES))?.region.name).not.toContain("dmar");
    guest.board.store(PAGES, 7);
    expect(memory.load(guestAddress(PAGES), 4)).toBe(7);
    guest.context({ type: 0 });
    guest.queue(CONTEXT_ALL, IOTLB_ALL);
    expect(memory.find(guestAddress(PAGES))?.region.name).toBe("vtd-1f.2-dmar");
  }));

test("without a context nothing passes", () =>
  translating("", (guest) => {
    const other = guest.board.machine
      .service(PCI)
      .functions()
      .find(({ devfn }) => devfn === 0xfb);
    guest.board.config({ slot: 0x1f, number: 3 }, 0x04).write(0x4);
    other?.readMemory(0, new Uint8Array(4));
    expect(guest.takeFault()).toEqual({ reason: FAULT.contextAbsent, source: 0xfb, address: 0n });
  }));

test("a second requester's fault overflows, the same one's collapses; the message goes out once unmasked", () =>
  translating("", (guest) => {
    guest.board.config({ slot: 0x1f, number: 3 }, 0x04).write(0x4);
    const [ahci, smbus] = [0xfa, 0xfb].map((devfn) =>
      guest.board.machine
        .service(PCI)
        .functions()
        .find((subject) => subject.devfn === devfn),
    );
    guest.write(0x3c, 0x51);
    guest.write(0x40, 0xfee0_0000);
    ahci?.readMemory(0, new Uint8Array(4));
    ahci?.readMemory(0x1000, new Uint8Array(4));
    expect([guest.register(0x34), guest.register(0x38)]).toEqual([0x2, 0xc000_0000]);
    smbus?.readMemory(0, new Uint8Array(4));
    expect(guest.register(0x34)).toBe(0x3);
    const requested = (): number => guest.board.load(0xfee0_0200 + (0x51 >> 5) * 0x10);
    expect(requested()).toBe(0);
    guest.write(0x38, 0);
    expect([requested(), guest.register(0x38)]).toEqual([1 << (0x51 & 31), 0]);
  }));

test("a reset turns everything off", () =>
  translating("", (guest) => {
    guest.map(IOVA, PAGES);
    guest.board.machine.reset("guest-reset");
    expect([guest.board.load(UNIT + 0x1c), guest.board.load(UNIT + 0x20)]).toEqual([0, 0]);
    guest.board.config({ slot: 0x1f, number: 2 }, 0x04).write(0x4);
    expect(guest.function.memory.find(guestAddress(0))?.region.name).not.toContain("dmar");
  }));
