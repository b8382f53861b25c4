// The expectation `reply`: what a command answers, as far as it is said, or the error that it ends in.
import { describe, expect, test } from "vitest";
import { COMMANDS, q, type ScenarioStep } from "backplane";
import { withMachine } from "backplane/kit";
import { runScenario } from "../../cli/run/scenario.ts";

type Reply = NonNullable<Extract<ScenarioStep, { expect: unknown }>["expect"]["reply"]>;

/** Whether a machine with a command that answers `{ list: [1, { a: 1, b: 2 }], text: "x" }`, or refuses, is as expected. */
async function holds(reply: Partial<Reply>): Promise<boolean> {
  return withMachine({}, async (machine) => {
    machine.service(COMMANDS).add({
      name: "answer",
      summary: "answers",
      arguments: q.struct("Answer", { "refuse?": q.bool }),
      run({ refuse }) {
        if (refuse === true) throw new Error("no");
        return { list: [1, { a: 1, b: 2 }], text: "x" };
      },
    });
    const { outcomes } = await runScenario(machine, [{ expect: { reply: { qmp: "answer", ...reply } } }]);
    return outcomes[0]?.ok ?? false;
  });
}

describe("expect: reply", () => {
  test.each([
    [true, {}],
    [true, { has: { text: "x" } }],
    [true, { has: { list: [{ a: 1 }, 1] } }],
    [true, { arguments: { refuse: true }, error: "no" }],
    [false, { has: { text: "y" } }],
    [false, { has: { list: [2] } }],
    [false, { has: { list: [{ a: 1, c: 3 }] } }],
    [false, { has: { list: { a: 1 } } }],
    [false, { has: { other: 1 } }],
    [false, { has: "x" }],
    [false, { error: "no" }],
    [false, { arguments: { refuse: true } }],
    [false, { arguments: { refuse: true }, error: "yes" }],
  ] satisfies [boolean, Partial<Reply>][])("%s of %j", async (expected, reply) => {
    expect(await holds(reply)).toBe(expected);
  });
});
