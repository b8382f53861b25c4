import { describe, expect, test } from "vitest";
import { loadHmpGolden, type HmpAnswer } from "../../peer/hmp-golden.ts";
import { ABSENT, ABSENT_FROM, DIFFERENCES, OWN_QUERIES } from "./differences.ts";
import { askMachine, withHumanMachine } from "./machine.ts";

const golden = loadHmpGolden();

const phases = golden.machines.flatMap((machine) =>
  machine.phases.map(({ phase, answers }) => ({ machine, phase, answers })),
);

/** Whether a line begins with the words of a command. */
const isOf = (line: string, command: string): boolean => line === command || line.startsWith(`${command} `);

function whyDifferent(machine: string, { line }: HmpAnswer): string | undefined {
  const known = DIFFERENCES.find(([pattern]) => pattern.test(line));
  if (known !== undefined) return known[1];
  const absent = [...ABSENT, ...(ABSENT_FROM[machine] ?? [])];
  return absent.some((command) => isOf(line, command)) ? "there is no such command" : undefined;
}

describe("the human monitor answers as the peer's does", () => {
  test.each(phases)("$machine.name, $phase", async ({ machine, phase, answers }) => {
    // Where the peer crashed there is nothing to compare.
    const asked = answers.filter(({ text }) => text !== null);
    const ours = await askMachine(
      machine,
      phase,
      asked.map(({ line }) => line),
    );
    const differing = asked.filter(({ text }, index) => ours[index] !== text?.join("\n"));
    const unexpected = differing.filter((answer) => whyDifferent(machine.name, answer) === undefined);
    expect(
      unexpected.map(({ line }) => [line, ours[asked.findIndex((answer) => answer.line === line)]]),
      "answers that differ",
    ).toEqual([]);
  });

  test("differences that are none any more are struck out", async () => {
    const [machine] = golden.machines;
    const [start] = machine?.phases ?? [];
    if (machine === undefined || start === undefined) throw new Error("the golden is empty");
    const asked = start.answers.filter(({ line, text }) => text !== null && ABSENT.some((name) => isOf(line, name)));
    const ours = await askMachine(
      machine,
      "start",
      asked.map(({ line }) => line),
    );
    const solved = asked.filter(({ text }, index) => ours[index] === text?.join("\n"));
    expect(solved.map(({ line }) => line)).toEqual([]);
  });
});

test("commands have the peer's names and parameters", () =>
  withHumanMachine(["-machine", "q35", "-nodefaults"], async (execute) => {
    const heads = (text: string): string[] =>
      text
        .split("\n")
        .filter((line) => line.includes(" -- "))
        .map((line) => line.slice(0, line.indexOf(" -- ")));
    const peers = new Set(golden.help.commands);
    expect(heads(await execute("help")).filter((head) => !peers.has(head))).toEqual([]);
    const queries = new Set([...golden.help.info.map((head) => head.replace(/^info /, "")), ...OWN_QUERIES]);
    const info = heads(await execute("help info")).map((head) => head.replace(/^info /, ""));
    expect(info.filter((head) => !queries.has(head))).toEqual([]);
  }));
