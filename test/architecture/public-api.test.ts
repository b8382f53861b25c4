// What third parties build against. A change of this list is a change for them: `npm run docs` accepts it.
import { expect, test } from "vitest";
import * as backplane from "backplane";

test("the package root exports what it exported", async () => {
  const names = Object.entries(backplane)
    .map(([name, value]) => `${name}: ${typeof value}`)
    .toSorted();
  await expect(`${names.join("\n")}\n`).toMatchFileSnapshot("../fixtures/public-api.txt");
});
