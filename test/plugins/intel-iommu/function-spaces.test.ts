import { expect, test } from "vitest";
import { guestAddress, MEMORY_REGIONS } from "backplane";
import { PCI, requesterOnBus } from "backplane/plugins/pci/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const AHCI = { slot: 0x1f, number: 2 };
const COMMAND = 0x04;
const BUS_MASTER = 0x4;
/** Fixed delivery of this vector to the processor whose id is 0. */
const MESSAGE = guestAddress(0xfee0_0000);
const VECTOR = 0x51;

function ahci(board: Board) {
  const subject = board.machine
    .service(PCI)
    .functions()
    .find(({ devfn }) => devfn === AHCI.slot * 8 + AHCI.number);
  if (subject === undefined) throw new Error("there is no AHCI controller");
  return subject;
}

const isRequested = (board: Board): boolean =>
  (board.load(0xfee0_0200 + (VECTOR >> 5) * 0x10) & (1 << (VECTOR & 31))) !== 0;

test("a function behind the unit sees memory and sends messages once it is bus master", () =>
  withBoard(q35("-device", "intel-iommu"), (board) => {
    const { memory } = ahci(board);
    board.store(0x5000, 0x1234);
    board.store(0xfee0_00f0, 0x1ff);
    expect(memory.load(guestAddress(0x5000), 4)).toBe(0);
    board.config(AHCI, COMMAND).write(BUS_MASTER, 2);
    expect(memory.load(guestAddress(0x5000), 4)).toBe(0x1234);
    expect(isRequested(board)).toBe(false);
    expect(memory.find(MESSAGE)?.region.name).toBe("vtd-ir");
    ahci(board).writeMemory(MESSAGE, Uint8Array.of(VECTOR, 0, 0, 0));
    expect(isRequested(board)).toBe(true);
  }));

test("every function has a space of its own, and all share a view", () =>
  withBoard(q35("-device", "intel-iommu"), (board) => {
    const spaces = board.machine
      .service(MEMORY_REGIONS)
      .addressSpaces()
      .filter(({ name }) => name === "vtd-root");
    expect(spaces.map(({ root }) => root.name)).toEqual(["vtd-00.0", "vtd-1f.0", "vtd-1f.2", "vtd-1f.3"]);
    for (const space of spaces) expect(space.ranges()).toBe(spaces[0]?.ranges());
  }));

test("without a unit a bus master shares the view of system memory", () =>
  withBoard(q35(), (board) => {
    board.config(AHCI, COMMAND).write(BUS_MASTER, 2);
    expect(ahci(board).memory.ranges()).toBe(board.memory.ranges());
    board.config(AHCI, COMMAND).write(0, 2);
    expect(ahci(board).memory.ranges()).toEqual([]);
  }));

const BRIDGES = [
  "intel-iommu",
  "pci-bridge,id=conventional,chassis_nr=1,addr=6",
  "pcie-root-port,id=port,addr=4",
  "pcie-pci-bridge,id=express,bus=port",
  "pvpanic-pci,id=one,bus=conventional,addr=2",
  "pvpanic-pci,id=two,bus=conventional,addr=3",
  "pvpanic-pci,id=three,bus=express,addr=4",
];

test("functions behind a conventional bridge share its space, those behind an Express one have that of its bus", () =>
  withBoard(q35(...BRIDGES.flatMap((device) => ["-device", device])), (board) => {
    const rootOf = (id: string): string | undefined => {
      const subject = board.machine
        .service(PCI)
        .functions()
        .find(({ device }) => device.id === id);
      if (subject === undefined) throw new Error(`there is no ${id}`);
      const { bus, devfn } = requesterOnBus(subject);
      return `${bus.name} ${devfn.toString(16)}`;
    };
    expect(["one", "two", "three", "port"].map(rootOf)).toEqual(["pcie.0 30", "pcie.0 30", "express 0", "pcie.0 20"]);
    const names = board.machine
      .service(MEMORY_REGIONS)
      .addressSpaces()
      .filter(({ name }) => name === "vtd-root")
      .map(({ root }) => root.name);
    expect(names.filter((name) => name === "vtd-06.0")).toHaveLength(1);
    // The function 00:00.0, that of the bridge's bus, and the bridge itself behind its port.
    expect(names.filter((name) => name === "vtd-00.0")).toHaveLength(3);
  }));
