import { describe, expect, test } from "vitest";
import { definePlugin, disposable, HOST_RESOURCES, HostResourceLedger, type HostResource } from "backplane";
import { withMachine } from "backplane/kit";

/** A host that has lent so many. */
const lender = (name: string, lent = 0): HostResource => ({ name, outstanding: () => lent });

describe("the ledger of modelled hosts", () => {
  test("lists what is registered, in order", () => {
    const ledger = new HostResourceLedger();
    ledger.add(lender("a pins"));
    ledger.add(lender("b maps", 2));
    expect(ledger.all().map((resource) => [resource.name, resource.outstanding()])).toEqual([
      ["a pins", 0],
      ["b maps", 2],
    ]);
  });

  test("forgets an owner who leaves nothing, and keeps one who does", () => {
    const ledger = new HostResourceLedger();
    const clean = ledger.add(lender("clean"));
    const leaky = ledger.add(lender("leaky", 1));
    void leaky.dispose();
    void clean.dispose();
    void clean.dispose();
    expect(ledger.all().map(({ name }) => name)).toEqual(["leaky"]);
  });

  test("keeps two of one name apart", () => {
    const ledger = new HostResourceLedger();
    const first = ledger.add(lender("twin"));
    ledger.add(lender("twin"));
    void first.dispose();
    expect(ledger.all().length).toBe(1);
  });
});

/** A plugin whose host lends a mapping that the plugin gives back, or not. */
function borrower(returns: boolean) {
  return definePlugin({
    id: "borrower",
    apiVersion: 1,
    summary: "borrows",
    attach(machine) {
      let mapped = 0;
      machine.own(machine.use(HOST_RESOURCES).add({ name: "borrower mappings", outstanding: () => mapped }));
      mapped++;
      machine.own(
        disposable(() => {
          if (returns) mapped--;
        }),
      );
    },
  });
}

describe("a machine that is released", () => {
  test("has given everything back", () =>
    withMachine({ with: [borrower(true)] }, (machine) => {
      expect(
        machine
          .service(HOST_RESOURCES)
          .all()
          .map((resource) => resource.outstanding()),
      ).toEqual([1]);
    }));

  test("or the kit says what its host still holds", async () => {
    await expect(withMachine({ with: [borrower(false)] }, () => undefined)).rejects.toThrow(
      "the host still holds what the machine took: 1 borrower mappings",
    );
  });

  test("but a test's own failure comes first", async () => {
    const failing = withMachine({ with: [borrower(false)] }, () => {
      throw new Error("the test's own");
    });
    await expect(failing).rejects.toThrow("the test's own");
  });
});
