// Each folder of test/fixtures/configs is a definition that is refused, and `expected.txt`, what a person is told.
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { asBackplaneError, renderError } from "backplane";
import { readDefinition } from "backplane/config";

const samples = path.resolve(import.meta.dirname, "../../fixtures/configs");

for (const name of readdirSync(samples)) {
  test(name, async () => {
    const folder = path.join(samples, name);
    const file = readdirSync(folder).find((entry) => entry.startsWith("backplane."));
    const failure: unknown = await readDefinition(file === undefined ? undefined : path.join(folder, file), {
      plugins: ["acpi", "migration/ram", "vfio-helpers"],
    }).then(
      ({ definition }) => definition,
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(Error);
    const text = renderError(asBackplaneError(failure), "backplane", folder).replaceAll(folder, "{dir}");
    await expect(`${text}\n`).toMatchFileSnapshot(path.join(folder, "expected.txt"));
  });
}
