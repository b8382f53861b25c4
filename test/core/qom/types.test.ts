import { expect, test } from "vitest";
import { QOM, type QomType } from "backplane";
import { withMachine } from "backplane/kit";

test("types descend from each other, and have their interfaces' and their parents' names", () =>
  withMachine({}, (machine) => {
    const { types } = machine.service(QOM);
    const added: QomType[] = [
      { name: "engine", parent: "device", abstract: true, interfaces: ["hotplug-handler"] },
      { name: "motor", parent: "engine" },
    ];
    const own = types.add(added);
    for (const ancestor of ["motor", "engine", "device", "object", "hotplug-handler", "interface", "resettable"]) {
      expect(types.is("motor", ancestor), ancestor).toBe(true);
    }
    expect(types.is("motor", "bus")).toBe(false);
    void own.dispose();
    expect(types.find("motor")).toBeUndefined();
  }));

test("an object lists what its type's parents have before what it has itself", () =>
  withMachine({}, (machine) => {
    const { types } = machine.service(QOM);
    types.add([
      { name: "engine", parent: "object", abstract: true, properties: () => [{ name: "power", type: "uint32" }] },
      { name: "motor", parent: "engine", properties: () => [{ name: "fuel", type: "str" }] },
    ]);
    const valued = [
      { name: "fuel", type: "str", get: () => "none" },
      { name: "power", type: "uint32", get: () => 3 },
    ];
    const listed = types.properties("motor", valued);
    expect(listed.map((property) => [property.name, property.get?.()])).toEqual([
      ["power", 3],
      ["fuel", "none"],
    ]);
    expect(types.properties("motor").map(({ name }) => name)).toEqual(["power", "fuel"]);
  }));
