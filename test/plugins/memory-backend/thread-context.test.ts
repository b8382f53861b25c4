// Texts are the peer's.
import { availableParallelism } from "node:os";
import { posixMemory, QOM, USER_OBJECTS, type JsonValue, type Machine, type ObjectDefinition } from "backplane";
import { withMachine } from "backplane/kit";
import { describe, expect, test } from "vitest";
import { MEMORY_BACKENDS } from "../../../plugins/memory-backend/contract.ts";
import plugin from "../../../plugins/memory-backend/index.ts";
import { canMap } from "./koffi.ts";

const object = (type: string, id: string, properties: ObjectDefinition["properties"]): ObjectDefinition => ({
  type,
  id,
  form: "json",
  properties,
});
const context = (properties: ObjectDefinition["properties"]): ObjectDefinition =>
  object("thread-context", "t", properties);
const allocating = (link: string): ObjectDefinition =>
  object("memory-backend-ram", "a", { size: 4096, prealloc: true, "prealloc-context": link });

const withObjects = (objects: readonly ObjectDefinition[], use: (machine: Machine) => void): Promise<void> =>
  withMachine({ with: [plugin], objects }, use);
const get = (machine: Machine, path: string, name: string): JsonValue | undefined =>
  machine.service(QOM).resolve(path).property(name)?.get?.();

async function refusal(...objects: ObjectDefinition[]): Promise<string> {
  try {
    await withObjects(objects, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe.skipIf(!canMap)("a thread context", () => {
  test("says where memory is allocated in advance, and leaves the process where it was", () => {
    const before = posixMemory().processors();
    return withObjects([context({ "cpu-affinity": [before[0] ?? 0] }), allocating("t")], (machine) => {
      expect(get(machine, "/objects/t", "cpu-affinity")).toEqual([before[0]]);
      expect(get(machine, "/objects/a", "prealloc-context")).toBe("/objects/t");
      expect(machine.service(MEMORY_BACKENDS).require("a").prealloc).toBe(true);
      expect(posixMemory().processors()).toEqual(before);
    });
  });

  test("has the process's processors, those of nodes, or others that monitors choose", () =>
    withObjects([context({})], (machine) => {
      const all = get(machine, "/objects/t", "cpu-affinity");
      expect(all).toHaveLength(availableParallelism());
      const object = machine.service(QOM).resolve("/objects/t");
      object.property("node-affinity")?.set?.([0]);
      expect(get(machine, "/objects/t", "cpu-affinity")).not.toEqual([]);
      expect(() => get(machine, "/objects/t", "node-affinity")).toThrow(
        "Property 'thread-context.node-affinity' is not readable",
      );
      expect(() => object.property("cpu-affinity")?.set?.([])).toThrow("CPU list is empty");
    }));

  test("can be deleted while it is in use", () =>
    withObjects([context({}), allocating("t")], async (machine) => {
      await machine.service(USER_OBJECTS).remove("t");
      expect(machine.service(MEMORY_BACKENDS).require("a").prealloc).toBe(true);
    }));

  test.each<[string, ObjectDefinition["properties"], string]>([
    ["no processor", { "cpu-affinity": [] }, "CPU list is empty"],
    ["no node", { "node-affinity": [] }, "Node list is empty"],
    ["both", { "cpu-affinity": [0], "node-affinity": [0] }, "Mixing CPU and node affinity not supported"],
    ["processors that there are not", { "cpu-affinity": [5000] }, "Setting CPU affinity failed: Invalid argument"],
    ["nodes that there are not", { "node-affinity": [300] }, "The nodes select no CPUs"],
    ["no list", { "cpu-affinity": "0" }, "Invalid parameter type for 'cpu-affinity', expected: array"],
    ["something else", { foo: 1 }, "Parameter 'foo' is unexpected"],
  ])("refuses %s", async (_name, properties, expected) => {
    expect(await refusal(context(properties))).toBe(expected);
  });

  test("is needed where one is named", async () => {
    expect(await refusal(allocating("nosuch"))).toBe("Device 'nosuch' not found");
    expect(await refusal(object("memory-backend-ram", "b", { size: 4096 }), allocating("b"))).toBe(
      "Invalid parameter type for 'prealloc-context', expected: thread-context",
    );
    expect(await refusal(allocating(""))).toBe("accepted");
  });
});
