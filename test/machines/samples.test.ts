// Each folder of test/fixtures/machines is a definition that reads well, or nearly, and cannot become a machine;
// `expected.txt` is what `backplane check` says. Whatever had been made of the machine is gone by then.
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { asBackplaneError, renderError } from "backplane";
import { build } from "../../cli/run/run.ts";

const samples = path.resolve(import.meta.dirname, "../fixtures/machines");

for (const name of readdirSync(samples)) {
  test(name, async () => {
    const folder = path.join(samples, name);
    const file = readdirSync(folder).find((entry) => entry.startsWith("backplane."));
    const failure: unknown = await build(path.join(folder, file ?? "")).then(
      ({ machine }) => machine.dispose(),
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(Error);
    const text = renderError(asBackplaneError(failure), "backplane", folder).replaceAll(folder, "{dir}");
    await expect(`${text}\n`).toMatchFileSnapshot(path.join(folder, "expected.txt"));
  });
}
