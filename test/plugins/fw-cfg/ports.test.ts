import { guestAddress, SYSTEM_IO, SYSTEM_MEMORY, type Machine } from "backplane";
import { describe, expect, test } from "vitest";
import { FW_CFG, FW_CFG_KEYS } from "../../../plugins/fw-cfg/contract.ts";
import { withPlatform } from "../pc-memory/platform.ts";

const SELECTOR = guestAddress(0x510);
const DATA = guestAddress(0x511);
const DMA_HIGH = guestAddress(0x514);
const DMA_LOW = guestAddress(0x518);
const REQUEST = 0x1000;
const BUFFER = 0x2000;
const CONTROL = { error: 1, read: 2, skip: 4, select: 8, write: 16 };

function readPorts(machine: Machine, key: number, length: number): number[] {
  const io = machine.service(SYSTEM_IO);
  io.store(SELECTOR, key, 2);
  return Array.from({ length }, () => io.load(DATA, 1));
}

/** Runs one DMA request and returns what it left in the control word. */
function dma(
  machine: Machine,
  control: number,
  length = 0,
  address: number | bigint = BUFFER,
  request = REQUEST,
): number {
  const memory = machine.service(SYSTEM_MEMORY);
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(control >>> 0, 0);
  bytes.writeUInt32BE(length, 4);
  bytes.writeBigUInt64BE(BigInt(address), 8);
  memory.write(guestAddress(request), bytes);
  const low = Buffer.alloc(4);
  low.writeUInt32BE(request);
  machine.service(SYSTEM_IO).store(DMA_LOW, low.readUInt32LE(), 4);
  memory.read(guestAddress(request), bytes);
  return bytes.readUInt32BE(0);
}

function memoryAt(machine: Machine, address: number, length: number): number[] {
  const bytes = new Uint8Array(length);
  machine.service(SYSTEM_MEMORY).read(guestAddress(address), bytes);
  return [...bytes];
}

describe("ports", () => {
  test("items under fixed keys are the peer's", () =>
    withPlatform({}, (machine) => {
      const hexAt = (key: number, length: number): string =>
        Buffer.from(readPorts(machine, key, length)).toString("hex");
      expect(hexAt(FW_CFG_KEYS.signature, 6)).toBe("51454d550000");
      expect(hexAt(FW_CFG_KEYS.id, 4)).toBe("03000000");
      expect(hexAt(FW_CFG_KEYS.uuid, 16)).toBe("00".repeat(16));
      expect(hexAt(FW_CFG_KEYS.ramSize, 8)).toBe("0000001000000000");
      expect(hexAt(FW_CFG_KEYS.nbCpus, 2)).toBe("0100");
      expect(hexAt(FW_CFG_KEYS.maxCpus, 2)).toBe("0100");
      expect(hexAt(FW_CFG_KEYS.irq0Override, 4)).toBe("01000000");
      expect(hexAt(FW_CFG_KEYS.directory, 4)).toBe("00000007");
      // Without an HPET the count is impossible.
      expect(hexAt(FW_CFG_KEYS.hpet, 3)).toBe("ff0000");
    }));

  test("a selector keeps its write bit and loses itself beyond the items", () =>
    withPlatform({}, (machine) => {
      expect(readPorts(machine, 0x4000, 4)).toEqual([...Buffer.from("QEMU")]);
      expect(readPorts(machine, 0x40, 4)).toEqual([0, 0, 0, 0]);
      expect(machine.service(FW_CFG).state).toEqual({ selected: 0xffff, offset: 0 });
    }));

  test("data are read a byte at a time, at either port, and a byte written is for nobody", () =>
    withPlatform({}, (machine) => {
      const io = machine.service(SYSTEM_IO);
      io.store(SELECTOR, FW_CFG_KEYS.signature, 2);
      expect([io.load(SELECTOR, 1), io.load(SELECTOR, 2), io.load(DATA, 1)]).toEqual([0x51, 0, 0x45]);
      io.store(SELECTOR, FW_CFG_KEYS.id, 2);
      io.store(DATA, 7, 1);
      expect(io.load(DATA, 1)).toBe(3);
    }));

  test("the DMA register reads as a signature in every width", () =>
    withPlatform({}, (machine) => {
      const io = machine.service(SYSTEM_IO);
      expect(io.load(DMA_HIGH, 4)).toBe(0x554d4551);
      expect(io.load(DMA_LOW, 4)).toBe(0x47464320);
      expect(io.load(DMA_HIGH, 2)).toBe(0x4551);
      expect(io.load(guestAddress(0x517), 1)).toBe(0x55);
    }));

  test("a reset goes back to the signature", () =>
    withPlatform({}, (machine) => {
      readPorts(machine, FW_CFG_KEYS.id, 1);
      machine.reset("host-qmp-system-reset");
      expect(machine.service(FW_CFG).state).toEqual({ selected: 0, offset: 0 });
    }));
});

describe("DMA", () => {
  test("selects and reads; what lies behind the item is zero", () =>
    withPlatform({}, (machine) => {
      machine.service(SYSTEM_MEMORY).write(guestAddress(BUFFER), Buffer.alloc(8, 0xaa));
      expect(dma(machine, CONTROL.select | CONTROL.read, 6)).toBe(0);
      expect(memoryAt(machine, BUFFER, 8)).toEqual([...Buffer.from("QEMU"), 0, 0, 0xaa, 0xaa]);
    }));

  test("skips, and goes on from there", () =>
    withPlatform({}, (machine) => {
      expect(dma(machine, CONTROL.select | CONTROL.skip, 2)).toBe(0);
      expect(dma(machine, CONTROL.read, 2)).toBe(0);
      expect(memoryAt(machine, BUFFER, 2)).toEqual([...Buffer.from("MU")]);
    }));

  test("writes into what may be written, whole or not at all", async () => {
    const written: [number, number][] = [];
    await withPlatform({}, (machine) => {
      const fwCfg = machine.service(FW_CFG);
      const contents = new Uint8Array(8);
      const onWrite = (offset: number, length: number): void => void written.push([offset, length]);
      const file = fwCfg.addFile("opt/answer", contents, { writable: true, onWrite });
      const select = (file.key << 16) | CONTROL.select;
      machine.service(SYSTEM_MEMORY).write(guestAddress(BUFFER), Buffer.from("12345678"));
      expect(dma(machine, select | CONTROL.write, 9)).toBe(CONTROL.error);
      expect(dma(machine, select | CONTROL.write, 8)).toBe(0);
      expect(Buffer.from(contents).toString()).toBe("12345678");
      expect(dma(machine, CONTROL.write, 1)).toBe(CONTROL.error);
      expect(dma(machine, CONTROL.select | CONTROL.write, 4)).toBe(CONTROL.error);
    });
    expect(written).toEqual([[0, 8]]);
  });

  test("to where there is no memory fails", () =>
    withPlatform({}, (machine) => {
      expect(dma(machine, CONTROL.select | CONTROL.read, 4, 0x4_0000_0000)).toBe(CONTROL.error);
      expect(dma(machine, CONTROL.select | CONTROL.read, 4, 2n ** 63n)).toBe(CONTROL.error);
      expect(dma(machine, CONTROL.select | CONTROL.read, 4, 256 * 1024 * 1024 - 2)).toBe(CONTROL.error);
    }));

  test("without a direction does nothing", () =>
    withPlatform({}, (machine) => {
      expect(dma(machine, 0, 4)).toBe(0);
      expect(machine.service(FW_CFG).state.offset).toBe(0);
    }));
});
