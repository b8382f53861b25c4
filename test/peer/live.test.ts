// Random machines on both sides. LIVE_SEEDS=from-to (or a list) chooses others than those of every day.
import { describe, expect, it } from "vitest";
import { compareMachine, compareOutcome } from "./compare.ts";
import { withFault } from "./random-fault.ts";
import { type RandomMachine, randomMachine, toArguments } from "./random-machine.ts";

/** Between them: nodes, HMAT, both kinds of DIMM, ports, bridges, user tables, several processor models. */
const EVERY_DAY = [24, 56, 61, 112, 123, 126, 174];
const EVERY_DAY_FAULTS = [3, 8, 13, 21, 34, 55, 89];

function chosen(fallback: readonly number[]): readonly number[] {
  const text = process.env["LIVE_SEEDS"];
  if (text === undefined || text === "") return fallback;
  return text.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

function commandLine({ options, files }: RandomMachine) {
  return { args: toArguments(options), files };
}

describe("random machines", () => {
  it.each(chosen(EVERY_DAY))("seed %i", async (seed) => {
    const machine = commandLine(randomMachine(seed));
    const { started, discrepancies } = await compareOutcome(machine);
    expect(discrepancies, machine.args.join(" ")).toEqual([]);
    if (started) expect(await compareMachine(machine), machine.args.join(" ")).toEqual([]);
  });
});

describe("random machines with a fault", () => {
  it.each(chosen(EVERY_DAY_FAULTS))("seed %i", async (seed) => {
    const machine = commandLine(withFault(randomMachine(seed)));
    expect((await compareOutcome(machine)).discrepancies, machine.args.join(" ")).toEqual([]);
  });
});
