import { expect, test } from "vitest";
import { guestAddress } from "backplane";
import { q35, withBoard, type Board } from "../pci/board.ts";

const BAR = 0xe000_0000;
const RING = 0x10_0000;
const BUFFER = 0x20_0000;
const PLACE = { slot: 1 };

/** A driver that offers one buffer of `length` bytes, and waits until it is returned. */
async function fill(board: Board, length: number): Promise<Uint8Array> {
  const common = (offset: number, size: 1 | 2 | 4, value: number): void => board.store(BAR + offset, value, size);
  board.config(PLACE, 0x20).write(BAR);
  board.config(PLACE, 0x04).write(0x6, 2);
  common(0x14, 1, 0);
  common(0x14, 1, 3);
  common(8, 4, 1);
  common(0xc, 4, 1);
  common(0x14, 1, 0xb);
  for (const [offset, address] of [
    [0x20, RING],
    [0x28, RING + 0x1000],
    [0x30, RING + 0x2000],
  ] as const) {
    common(offset, 4, address);
  }
  common(0x1c, 2, 1);
  common(0x14, 1, 0xf);
  board.store(RING, BUFFER);
  board.store(RING + 8, length);
  board.store(RING + 12, 2, 2);
  board.store(RING + 0x1002, 1, 2);
  board.store(BAR + 0x3000, 0, 2);
  while (board.load(RING + 0x2002, 2) === 0) await new Promise((resolve) => setImmediate(resolve));
  const bytes = new Uint8Array(board.load(RING + 0x2008));
  board.memory.read(guestAddress(BUFFER), bytes);
  return bytes;
}

test("a buffer comes back with random bytes", () =>
  withBoard(q35("-device", "virtio-rng-pci,addr=1"), async (board) => {
    const bytes = await fill(board, 64);
    expect(bytes.length).toBe(64);
    expect(new Set(bytes).size).toBeGreaterThan(8);
  }));

test("bytes come from the source that the user named, and no more than allowed", () =>
  withBoard(
    q35("-object", "rng-builtin,id=r", "-device", "virtio-rng-pci,addr=1,rng=r,max-bytes=16,period=1000"),
    async (board) => {
      expect((await fill(board, 64)).length).toBe(16);
    },
  ));

test.each([
  ["period=0", "'period' parameter expects a positive integer"],
  ["max-bytes=0", "'max-bytes' parameter must be positive, and less than 2^63"],
  ["rng=none", "Device 'none' not found"],
])("%s is refused", async (options, message) => {
  await expect(withBoard(q35("-device", `virtio-rng-pci,${options}`), () => undefined)).rejects.toThrow(message);
});
