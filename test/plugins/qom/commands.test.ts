import { describe, expect, test } from "vitest";
import { COMMANDS, DEVICES, QOM, type JsonObject, type JsonValue, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import { q35, withBoard } from "../pci/board.ts";
import qom from "../../../plugins/qom/index.ts";

const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };

const execute = async (machine: Machine, name: string, args: JsonObject = {}): Promise<JsonValue> => {
  const command = machine.service(COMMANDS).find(name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return (await command.run(args, CLIENT)) ?? null;
};

interface TypeInfo {
  readonly name: string;
  readonly parent?: string;
  readonly abstract?: boolean;
}

describe("the types of a q35", () => {
  test("descend from types that are there, up to a root", () =>
    withBoard(q35(), async ({ machine }) => {
      const all = (await execute(machine, "qom-list-types", { abstract: true })) as unknown as TypeInfo[];
      const byName = new Map(all.map((type) => [type.name, type]));
      for (const { name, parent } of all) {
        if (parent !== undefined) expect(byName.has(parent), `${name} descends from ${parent}`).toBe(true);
        else expect(["object", "interface"]).toContain(name);
      }
      const concrete = (await execute(machine, "qom-list-types")) as unknown as TypeInfo[];
      expect(concrete.filter(({ abstract }) => abstract === true)).toEqual([]);
      const devices = (await execute(machine, "qom-list-types", { implements: "device" })) as unknown as TypeInfo[];
      const names = new Set(devices.map(({ name }) => name));
      for (const { name } of machine.service(DEVICES).types()) expect(names.has(name), name).toBe(true);
    }));

  test("are looked at without a change to the tree", () =>
    withBoard(q35(), async ({ machine }) => {
      const tree = machine.service(QOM);
      const paths = (): string[] => {
        const below = (object: ReturnType<typeof tree.resolve>): string[] => [
          object.path,
          ...object.children().flatMap((child) => below(child)),
        ];
        return below(tree.root);
      };
      const before = paths();
      for (const { name } of machine.service(DEVICES).types()) {
        await execute(machine, "device-list-properties", { typename: name });
      }
      expect(paths()).toEqual(before);
    }));
});

test("every property of every object can be asked for", () =>
  withBoard(q35("-device", "pvpanic-pci,id=p0"), async ({ machine }) => {
    const walk = async (path: string): Promise<number> => {
      const listed = (await execute(machine, "qom-list", { path })) as unknown as { name: string; type: string }[];
      let count = listed.length;
      for (const { name, type } of listed) {
        const below = `${path === "/" ? "" : path}/${name}`;
        if (type.startsWith("child<")) count += await walk(below);
        else if (!name.startsWith("legacy-")) await execute(machine, "qom-get", { path, property: name }).catch(String);
      }
      return count;
    };
    expect(await walk("/machine")).toBeGreaterThan(1000);
  }));

test("a device's properties are settled, and say of which device", () =>
  withBoard(q35("-device", "pvpanic-pci,id=p0"), async ({ machine }) => {
    const set = (path: string, property: string) => execute(machine, "qom-set", { path, property, value: "1.0" });
    await expect(set("p0", "multifunction")).rejects.toThrow(
      "Attempt to set property 'multifunction' on device 'p0' (type 'pvpanic-pci') after it was realized",
    );
    await expect(set("ioapic", "version")).rejects.toThrow(
      "Attempt to set property 'version' on anonymous device (type 'ioapic') after it was realized",
    );
  }));

test("a device that is refused leaves nothing in the tree", () =>
  withBoard(q35(), ({ machine }) => {
    const tree = machine.service(QOM);
    const devices = machine.service(DEVICES);
    const before = tree.resolve("/machine/peripheral-anon").children().length;
    const create = (properties: { [name: string]: string }) => devices.create({ driver: "pvpanic-pci", properties });
    expect(() => create({ addr: "1f.0" })).toThrow();
    expect(() => create({ nosuch: "1" })).toThrow();
    expect(tree.resolve("/machine/peripheral-anon").children()).toHaveLength(before);
  }));

test("machines without processors or buses have their tree as well", () =>
  withMachine({ with: [qom] }, async (machine) => {
    expect(await execute(machine, "qom-get", { path: "/machine", property: "smp" })).toMatchObject({ cpus: 1 });
    await expect(execute(machine, "qom-get", { path: "/machine", property: "nosuch" })).rejects.toThrow(
      "Property 'test-machine.nosuch' not found",
    );
  }));
