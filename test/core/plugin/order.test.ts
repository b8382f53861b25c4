import { describe, expect, test } from "vitest";
import { definePlugin, orderPlugins, token, type AnyPlugin, type Token } from "backplane";

const A = token<string>("A");
const B = token<string>("B");

function plugin(id: string, parts: Partial<Pick<AnyPlugin, "requires" | "uses" | "provides">> = {}): AnyPlugin {
  return definePlugin({ id, apiVersion: 1, summary: id, attach: () => undefined, ...parts });
}
const order = (...plugins: AnyPlugin[]) => orderPlugins(plugins, new Set<Token<unknown>>()).map(({ id }) => id);

describe("orderPlugins", () => {
  test("who provides comes before who requires, whatever the list says", () => {
    expect(order(plugin("user", { requires: [A] }), plugin("maker", { provides: [A] }))).toEqual(["maker", "user"]);
  });

  test("independent plugins keep the order of the list", () => {
    expect(order(plugin("c"), plugin("a"), plugin("b"))).toEqual(["c", "a", "b"]);
  });

  test("names do not matter", () => {
    expect(order(plugin("z", { provides: [A] }), plugin("a", { requires: [A] }))).toEqual(["z", "a"]);
  });

  test("`uses` orders where there is a provider and is content without one", () => {
    expect(order(plugin("user", { uses: [A, B] }), plugin("maker", { provides: [A] }))).toEqual(["maker", "user"]);
  });

  test("a missing token names the plugin and the token", () => {
    expect(() => order(plugin("user", { requires: [A] }))).toThrow(
      "plugin 'user' requires A, which no plugin of this machine provides",
    );
  });

  test("a doubled token names both", () => {
    expect(() => order(plugin("x", { provides: [A] }), plugin("y", { provides: [A] }))).toThrow(
      "A is provided by both 'x' and 'y'",
    );
  });

  test("a circle is shown", () => {
    expect(() =>
      order(plugin("x", { requires: [A], provides: [B] }), plugin("y", { requires: [B], provides: [A] })),
    ).toThrow("x → y → x");
  });

  test("a plugin listed twice, and one for another API", () => {
    expect(() => order(plugin("x"), plugin("x"))).toThrow("plugin 'x' is listed twice");
    expect(() => order({ ...plugin("x"), apiVersion: 2 as 1 })).toThrow("plugin API 2");
  });
});
