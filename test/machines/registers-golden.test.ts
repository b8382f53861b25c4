// Random conversations with devices' registers, compared with what the peer answered to the same.
import { guestAddress } from "backplane";
import { describe, expect, test } from "vitest";
import { registerCases, type Access } from "../peer/cases/registers.ts";
import { conversation, describeAccess, registersGolden } from "../peer/registers-golden.ts";
import { withBoard, type Board } from "../plugins/pci/board.ts";

const WIDTHS = {
  1: { get: "getUint8", set: "setUint8" },
  2: { get: "getUint16", set: "setUint16" },
  4: { get: "getUint32", set: "setUint32" },
} as const;

/** As a debugger's access: split where a device does not take it whole. */
function perform(board: Board, { space, at, size, value }: Access): string | undefined {
  const target = space === "io" ? board.io : board.memory;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (value === undefined) {
    target.read(guestAddress(at), bytes);
    return view[WIDTHS[size].get](0, true).toString(16);
  }
  view[WIDTHS[size].set](0, value, true);
  target.write(guestAddress(at), bytes);
  return undefined;
}

describe("registers answer as the peer's", () => {
  const golden = registersGolden();

  test("every case was captured", () =>
    expect(Object.keys(golden.answers)).toEqual(registerCases.map(({ name }) => name)));

  test.each(registerCases)("$name", (registerCase) =>
    withBoard(registerCase.args, (board) => {
      const expected = (golden.answers[registerCase.name] ?? "").split(" ");
      const accesses = conversation(registerCase);
      const differing: string[] = [];
      let at = 0;
      for (const access of accesses) {
        const answer = perform(board, access);
        if (answer === undefined) continue;
        const peers = expected[at++];
        if (answer !== peers) differing.push(`${at}: ${describeAccess(access)} gave ${answer}, the peer's ${peers}`);
      }
      expect(differing.slice(0, 5)).toEqual([]);
      expect(at).toBe(expected.length);
    }),
  );
});
