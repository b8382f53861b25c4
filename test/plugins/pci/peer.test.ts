// The chipset against the peer's: every register of configuration space, every writable bit, the address spaces.
import { describe, expect, test } from "vitest";
import { loadChipsetGolden, type ChipsetState, type ConfigDump } from "../../peer/chipset-golden.ts";
import { type Board, withBoard } from "./board.ts";

const golden = loadChipsetGolden();
const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

function values(board: Board, { place: [bus, slot, number, length] }: ConfigDump): string {
  const base = board.windowAddress(bus, slot, number);
  return Array.from({ length: length / 4 }, (_, index) => hex(board.load(base + index * 4))).join(" ");
}

function writable(board: Board, { place: [bus, slot, number, length] }: ConfigDump): string {
  const base = board.windowAddress(bus, slot, number);
  const bits: string[] = [];
  for (let at = 0; at < length; at += 4) {
    // What moves the window itself is left alone, here as in the capture.
    if (slot === 0 && (at === 0x60 || at === 0x64)) {
      bits.push(hex(0));
      continue;
    }
    const before = board.load(base + at);
    board.store(base + at, 0xffff_ffff);
    const ones = board.load(base + at);
    board.store(base + at, 0);
    bits.push(hex(ones ^ board.load(base + at)));
    board.store(base + at, before);
  }
  return bits.join(" ");
}

/** The peer's processor also runs the option ROM `kvmvapic.bin`, which lays an alias of RAM over its own place in RAM. */
function joined(view: readonly string[]): string[] {
  const result: string[] = [];
  for (const line of view) {
    const previous = result.at(-1);
    const [, start, end, rest] = /^([0-9a-f]+)-([0-9a-f]+) (.*)$/.exec(line) ?? [];
    const isRam = rest?.startsWith("pc.ram") === true && previous?.includes(" pc.ram") === true;
    const [previousRange = ""] = previous?.split(" ") ?? [];
    const touches = Number.parseInt(previousRange.split("-")[1] ?? "", 16) + 1 === Number.parseInt(start ?? "", 16);
    if (isRam && touches && previous !== undefined)
      result.splice(-1, 1, previous.replace(/-[0-9a-f]+/, `-${end ?? ""}`));
    else result.push(line);
  }
  return result;
}

function compareViews(board: Board, state: ChipsetState): void {
  expect(joined(board.view(board.memory))).toEqual(joined(state.memory));
  expect(board.view(board.io)).toEqual(state.io);
}

describe.each(golden.machines)("$name", ({ args, reset, firmware }) => {
  test("after reset", () =>
    withBoard(args, (board) => {
      compareViews(board, reset);
      board.openWindow();
      for (const dump of reset.dumps) {
        expect(values(board, dump), dump.place.join(".")).toBe(dump.values);
        expect(writable(board, dump), `${dump.place.join(".")} writable`).toBe(dump.writable);
      }
    }));

  test("when the firmware has come to rest", () =>
    withBoard(args, async (board) => {
      await board.boot();
      compareViews(board, firmware);
      for (const dump of firmware.dumps) expect(values(board, dump), dump.place.join(".")).toBe(dump.values);
    }));
});

describe("refused devices", () => {
  test.each(golden.refused)("$options", async ({ options, text }) => {
    const args = ["-machine", "q35,accel=tcg", "-nodefaults", ...options.split(" ")];
    await expect(withBoard(args, () => undefined)).rejects.toMatchObject({ message: text });
  });
});
