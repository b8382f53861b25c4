// DESIGN §2: explicit tokens on every constructor parameter; tsyringe's global decorators and container are not used.
import { describe, expect, test } from "vitest";
import { sources } from "./sources.ts";

const code = sources("core", "plugins", "machines", "cli");

describe("dependency injection", () => {
  test("every parameter of an injectable class's constructor carries @inject", () => {
    const wrong: string[] = [];
    for (const { file, text } of code) {
      for (const match of text.matchAll(
        /@injectable\(\)\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+(\w+)/g,
      )) {
        const body = text.slice(match.index);
        const end = body.slice(1).search(/\n}\n/);
        const constructor = /\n {2}constructor\(([\s\S]*?)\n? {0,2}\) \{/.exec(end < 0 ? body : body.slice(0, end + 1));
        if (constructor === null) continue;
        const parameters = (constructor[1] ?? "")
          .split(/,\s*(?![^(<{]*[)>}])/)
          .map((text) => text.trim())
          .filter((text) => text !== "");
        for (const parameter of parameters)
          if (!parameter.startsWith("@inject(")) wrong.push(`${file}: ${match[1]}(${parameter})`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("decorators that touch the global container at import are not used", () => {
    const wrong = code
      .filter(({ text }) => /@(singleton|scoped|registry|autoInjectable)\(/.test(text))
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  test("only core/di speaks to tsyringe", () => {
    const wrong = code
      .filter(({ file, imports }) => imports.includes("tsyringe") && !file.startsWith("core/di/"))
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });

  test("no class keeps the container to look things up later", () => {
    const wrong = code
      .filter(
        ({ file, text }) =>
          !file.startsWith("core/") &&
          /\bContainer\b/.test(text) &&
          !/DependencyContainer/.test(text) &&
          /import[^;]*\bContainer\b[^;]*from "backplane"/.test(text),
      )
      .map(({ file }) => file);
    expect(wrong).toEqual([]);
  });
});
