// Every definition in configs/ is built, its scenario run, and all that it expects must be observed.
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { Machine } from "backplane";
import { readDefinition } from "backplane/config";
import { makeReport, renderReport } from "../../cli/run/report.ts";
import { runScenario } from "../../cli/run/scenario.ts";
import { machineTypes } from "../../machines/index.ts";
import timeline from "../../plugins/timeline/index.ts";

const folder = path.resolve(import.meta.dirname, "../../configs");
const plugins = [
  timeline.id,
  ...machineTypes.flatMap(({ plugins: own, offers = [] }) => [...own, ...offers].map(({ id }) => id)),
];

for (const name of readdirSync(folder)) {
  test(name, async () => {
    const read = await readDefinition(path.join(folder, name), { plugins });
    const machine = await Machine.create(read.definition, { types: machineTypes, plugins: [timeline] });
    try {
      const outcome = await runScenario(machine, read.scenario);
      const report = makeReport(machine, read, outcome);
      expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
      expect(report.steps.length).toBeGreaterThan(0);
      expect(renderReport(report)).toContain("All of it was observed.");
    } finally {
      await machine.dispose();
    }
  });
}
