// Two machines in one process, each of them the seed's, share nothing.
import path from "node:path";
import { expect, test } from "vitest";
import { COMMANDS, RAM_LIST, RUN_STATES, type JsonObject, type Machine } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { TIMELINE } from "backplane/plugins/timeline/contract";
import { build } from "../../cli/run/run.ts";
import { makeReport } from "../../cli/run/report.ts";
import { runScenario } from "../../cli/run/scenario.ts";

const seed = path.resolve(import.meta.dirname, "../../configs/acpi-resize.yaml");

/** What a run comes to, without what only real time decides (when a migration sent which page). */
function account(machine: Machine) {
  return {
    blocks: machine
      .service(RAM_LIST)
      .blocks()
      .map(({ idstr, offset, usedLength, maxLength }) => ({ idstr, offset, usedLength, maxLength })),
    notices: machine
      .service(TIMELINE)
      .entries()
      .flatMap((entry) => (entry.kind === "ram-block" ? [entry] : [])),
    migration: machine.service(MIGRATION).status,
    state: machine.service(RUN_STATES).current,
  };
}

test("both take the seed's scenario at once, with the same outcome, and one outlives the other", async () => {
  const [one, other] = await Promise.all([build(seed), build(seed)]);
  try {
    const outcomes = await Promise.all(
      [one, other].map(async ({ read, machine }) =>
        makeReport(machine, read, await runScenario(machine, read.scenario)),
      ),
    );
    for (const report of outcomes) expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    const before = account(other.machine);
    expect(account(one.machine)).toEqual(before);
    await one.machine.dispose();
    expect(account(other.machine)).toEqual(before);
    // It is alive, too.
    const reply = await other.machine
      .service(COMMANDS)
      .find("query-migrate")
      ?.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) });
    expect((reply as JsonObject)["status"]).toBe("cancelling");
    other.machine.stop();
    expect(other.machine.service(RUN_STATES).current).toBe("paused");
  } finally {
    await one.machine.dispose();
    await other.machine.dispose();
  }
});

test("what one does the other does not hear of", async () => {
  const [busy, idle] = await Promise.all([build(seed), build(seed)]);
  try {
    const before = account(idle.machine);
    await runScenario(busy.machine, busy.read.scenario);
    expect(account(busy.machine)).not.toEqual(before);
    expect(account(idle.machine)).toEqual(before);
    await busy.machine.dispose();
    const report = makeReport(idle.machine, idle.read, await runScenario(idle.machine, idle.read.scenario));
    expect(report.observed).toBe(true);
  } finally {
    await busy.machine.dispose();
    await idle.machine.dispose();
  }
});
