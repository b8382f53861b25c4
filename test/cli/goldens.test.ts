import { afterAll, describe, expect, test } from "vitest";
import { cliFiles } from "../peer/cases/cli.ts";
import { loadCliGoldens, type CliGolden } from "../peer/golden.ts";
import { Workspace } from "../peer/workspace.ts";
import { DIFFERENCES } from "./differences.ts";
import { runToEnd } from "./system.ts";

const goldens = loadCliGoldens();
const workspace = new Workspace(cliFiles);
afterAll(() => workspace.remove());

function expected({ status, started, stdout, stderr }: CliGolden) {
  return { status, started, stdout, stderr };
}

describe("QEMU's command lines end as the peer's do", () => {
  test.each(goldens.filter(({ name }) => !Object.hasOwn(DIFFERENCES, name)))("$name", async (golden) => {
    expect(await runToEnd(golden.args, workspace)).toEqual(expected(golden));
  });
});

describe("deliberate differences", () => {
  const names = Object.keys(DIFFERENCES);

  test("are differences of cases that exist", () => {
    const known = new Set(goldens.map(({ name }) => name));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(names)("%s", async (name) => {
    const golden = goldens.find((candidate) => candidate.name === name);
    if (golden === undefined) throw new Error(`no golden ${name}`);
    const outcome = await runToEnd(golden.args, workspace);
    expect(outcome).not.toEqual(expected(golden));
    const difference = DIFFERENCES[name];
    if (difference?.stderr !== undefined) expect(outcome.stderr).toBe(difference.stderr);
    if (difference?.status !== undefined) expect(outcome.status).toBe(difference.status);
  });
});
