// Steps in which the guest itself does something: a processor's accesses to memory and to I/O ports.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readDefinition } from "backplane/config";
import { runScenario } from "../../cli/run/scenario.ts";
import { q35, withBoard } from "../plugins/pci/board.ts";

async function stepsOf(...lines: readonly string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), "scenario-"));
  const file = path.join(folder, "steps.yaml");
  writeFileSync(file, ["machine: q35", "scenario:", ...lines.map((line) => `  - ${line}`)].join("\n"));
  try {
    return (await readDefinition(file, { plugins: [] })).scenario;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("guest", () => {
  test("stores to memory, one value behind the other, and loads", () =>
    withBoard(q35(), async (board) => {
      const steps = await stepsOf(
        "guest: { write: { address: 0x1000, value: 0x11223344 } }",
        "guest: { write: { address: 0x1004, size: 2, value: [1, 0xffff] } }",
        'guest: { write: { address: 0x1008, size: 8, value: "0x8000000000000001" } }',
        "expect: { guest: { address: 0x1000, size: 1, value: [0x44, 0x33, 0x22, 0x11, 1, 0, 255, 255] } }",
        'expect: { guest: { address: 0x1008, size: 8, value: "0x8000000000000001" } }',
        "expect: { guest: { address: 0x1000, value: 0xffffffff } }",
      );
      const { outcomes } = await runScenario(board.machine, steps);
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, true, true, false]);
      expect(outcomes[0]?.title).toBe("the guest writes 0x11223344 to 0x1000");
      expect(outcomes[5]).toMatchObject({ title: "the guest reads 0xffffffff from 0x1000", observed: "0x11223344" });
      expect(board.load(0x100c)).toBe(0x8000_0000);
    }));

  test("reaches devices as a processor does, at addresses and at ports", () =>
    withBoard(q35(), async (board) => {
      const steps = await stepsOf(
        "guest: { write: { port: 0xcf8, value: 0x80000000 } }",
        "expect: { guest: { port: 0xcfc, value: 0x29c08086 } }",
        "expect: { guest: { port: 0xcfe, size: 2, value: 0x29c0 } }",
        "guest: { write: { address: 0xfee00080, value: 0x20 } }",
        "expect: { guest: { address: 0xfee00080, value: 0x20 } }",
        // RAM that the chipset keeps from being written, by processors.
        "guest: { write: { address: 0xc0000, value: 0x12345678 } }",
        "expect: { guest: { address: 0xc0000, value: 0x12345678 } }",
      );
      const { outcomes } = await runScenario(board.machine, steps);
      expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true, false]);
    }));

  test.each([
    ["a value that is wider than its size", "guest: { write: { address: 0, size: 1, value: 0x100 } }"],
    [
      "a number that a file does not hold exactly",
      "guest: { write: { address: 0, size: 8, value: 0x20000000000001 } }",
    ],
    ["an address below zero", "guest: { write: { address: -1, value: 0 } }"],
    ["a port beyond the last", "guest: { write: { port: 0x10000, value: 0 } }"],
    ["eight bytes at a port", "guest: { write: { port: 0x80, size: 8, value: 0 } }"],
    ["no place", "guest: { write: { value: 0 } }"],
    ["two places", "guest: { write: { port: 0x80, address: 0, value: 0 } }"],
    ["no value", "guest: { write: { address: 0, value: [] } }"],
    ["what is no number", "guest: { write: { address: 0, value: 0xzz } }"],
  ])("refuses %s", async (_name, line) => {
    await expect(stepsOf(line)).rejects.toMatchObject({ code: expect.stringMatching(/^CONFIG_/) as string });
  });
});
