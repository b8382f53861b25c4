import { describe, expect, test } from "vitest";
import { disposable, Ownership } from "backplane";

describe("Ownership", () => {
  test("releases newest first, each once", async () => {
    const order: number[] = [];
    const ownership = new Ownership();
    for (const n of [1, 2, 3]) ownership.onDispose(() => void order.push(n));
    await Promise.all([ownership.dispose(), ownership.dispose()]);
    expect(order).toEqual([3, 2, 1]);
  });

  test("waits for each before the next", async () => {
    const order: string[] = [];
    const ownership = new Ownership();
    ownership.onDispose(() => void order.push("elder"));
    ownership.onDispose(async () => {
      await Promise.resolve();
      order.push("younger");
    });
    await ownership.dispose();
    expect(order).toEqual(["younger", "elder"]);
  });

  test("a failure stops nothing; several leave together", async () => {
    const released: string[] = [];
    const ownership = new Ownership();
    ownership.onDispose(() => {
      throw new Error("first");
    });
    ownership.onDispose(() => void released.push("middle"));
    ownership.onDispose(() => {
      throw new Error("last");
    });
    await expect(ownership.dispose()).rejects.toThrow("teardown failed: last; first");
    expect(released).toEqual(["middle"]);
  });

  test("what comes after the release is released at once", async () => {
    const ownership = new Ownership();
    await ownership.dispose();
    let released = false;
    ownership.onDispose(() => {
      released = true;
    });
    expect(released).toBe(true);
  });

  test("disposable() runs its function once", () => {
    let runs = 0;
    const resource = disposable(() => void runs++);
    void resource.dispose();
    void resource.dispose();
    expect(runs).toBe(1);
  });
});
