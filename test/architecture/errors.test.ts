// Every error code stands in docs/errors.md, and nothing else does. `npm run docs` writes the page.
import { expect, test } from "vitest";
import { errorCatalogues, renderErrorsPage } from "./errors-page.ts";

test("docs/errors.md is what the catalogues say", async () => {
  await expect(renderErrorsPage(await errorCatalogues())).toMatchFileSnapshot("../../docs/errors.md");
});

test("no two catalogues share a code", async () => {
  const codes = (await errorCatalogues()).flatMap(({ entries }) => Object.keys(entries));
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});
