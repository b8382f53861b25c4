import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { goldenPath, loadQmpGolden } from "../../peer/golden.ts";
import { converse } from "./conversation.ts";
import { WAITING } from "./differences.ts";

/** Those about migration are replayed by its own suite, which knows what to wait for. */
const names = readdirSync(goldenPath("qmp"))
  .map((file) => file.replace(/\.json$/, ""))
  .filter((name) => !name.startsWith("migrate-"))
  .sort();

describe("conversations go as the peer's do", () => {
  test.each(names)("%s", async (name) => {
    const golden = loadQmpGolden(name);
    const { greeting, lines } = await converse(golden);
    expect(greeting).toBe(golden.greeting);
    const differing = WAITING[name] ?? {};
    for (const [index, exchange] of golden.exchanges.entries()) {
      const sent = exchange.send ?? exchange.hex ?? "";
      const isKnown = Object.keys(differing).some((part) => sent.includes(part));
      if (isKnown) expect(lines[index], sent).not.toEqual(exchange.lines);
      else expect(lines[index], sent).toEqual(exchange.lines);
    }
  });
});
