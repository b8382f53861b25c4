import { checkValue, COMMANDS, EVENTS, Machine, type Command, type Schema } from "backplane";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineTypes } from "../../../machines/index.ts";
import { introspect } from "../../../plugins/qmp/introspection.ts";
import { SCHEMA_INFO } from "../../../plugins/qmp/introspection-schema.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { differencesOf, loadQmpSchemaGolden, shapesOf, type SchemaEntry } from "../../peer/qmp-schema-golden.ts";
import { OWN_COMMANDS, SCHEMA_DIFFERENCES } from "./schema-differences.ts";

let machine: Machine;
let commands: readonly Command[];
let schema: readonly SchemaEntry[];

beforeAll(async () => {
  machine = await Machine.create(definitionOf(["-M", "q35", "-nodefaults"]), { types: machineTypes });
  commands = machine.service(COMMANDS).all();
  schema = introspect(commands, machine.service(EVENTS).declared()) as unknown as readonly SchemaEntry[];
});
afterAll(() => machine.dispose());

describe("every command", () => {
  test("says what it answers with", () => {
    expect(commands.filter(({ result }) => result === undefined).map(({ name }) => name)).toEqual([]);
  });

  test("is known by one name", () => {
    const names = schema.filter((entry) => entry["meta-type"] === "command").map(({ name }) => name);
    expect(new Set(names).size).toBe(commands.length);
  });
});

test("schemas of one name are the same", () => {
  const seen = new Map<string, string>();
  const met = new Set<Schema>();
  /** What a part says itself; of named parts within it, the names. */
  const say = (part: Schema): string =>
    JSON.stringify(part, (_key, value: unknown) => {
      if (typeof value === "function") return "later";
      const isOther = value !== part && typeof value === "object" && value !== null;
      return isOther && "kind" in value && "name" in value ? value.name : value;
    });
  const visit = (part: Schema): void => {
    if (met.has(part)) return;
    met.add(part);
    if (part.kind === "later") return visit(part.schema());
    if (part.kind === "array") return visit(part.items);
    if (!("name" in part)) return;
    expect(say(part), part.name).toBe(seen.get(part.name) ?? say(part));
    seen.set(part.name, say(part));
    if (part.kind === "struct") for (const { schema: member } of Object.values(part.members)) visit(member);
    if (part.kind === "alternate") for (const option of part.of) visit(option);
    if (part.kind !== "union") return;
    for (const { schema: member } of Object.values(part.base)) visit(member);
    for (const branch of Object.values(part.branches)) visit(branch);
  };
  for (const { arguments: given, result } of commands) {
    visit(given);
    if (result !== undefined) visit(result);
  }
  for (const { data } of machine.service(EVENTS).declared()) visit(data);
});

describe("the introspection", () => {
  test("fits its own schema", () => {
    expect(() => checkValue(SCHEMA_INFO, introspect(commands, []), "schema")).not.toThrow();
  });

  test("names types by number, and every type that it names is there", () => {
    const names = new Set(schema.map(({ name }) => name));
    expect(names.size).toBe(schema.length);
    for (const entry of schema) {
      const isNumbered = ["object", "enum", "alternate"].includes(entry["meta-type"]);
      expect(/^[0-9]+$/.test(entry.name), entry.name).toBe(isNumbered);
      if (entry["meta-type"] === "array") expect(entry.name).toBe(`[${entry["element-type"] ?? ""}]`);
      const led = [
        entry["arg-type"],
        entry["ret-type"],
        entry["element-type"],
        ...(entry.variants ?? []).map(({ type }) => type),
        ...(entry.members ?? []).map(({ type }) => type),
      ];
      for (const name of led) if (name !== undefined) expect(names).toContain(name);
      if (entry.tag !== undefined) {
        const tag = entry.members?.find(({ name }) => name === entry.tag);
        const choice = schema.find(({ name }) => name === tag?.type);
        expect(choice?.values?.toSorted(), entry.name).toEqual(entry.variants?.map((one) => one.case).toSorted());
      }
    }
  });
});

describe("compared with the peer's", () => {
  const golden = loadQmpSchemaGolden();

  test("every command and event is one of the peer's, or one of the few that are ours", () => {
    const peers = new Set([...golden.schema.map(({ name }) => name), ...Object.keys(OWN_COMMANDS)]);
    const own = schema.filter((entry) => entry["meta-type"] === "command" || entry["meta-type"] === "event");
    // Something new? `npm run peer:capture -- qmp-schema` brings what the peer says of it.
    expect(own.map(({ name }) => name).filter((name) => !peers.has(name))).toEqual([]);
    const ours = commands.filter(({ name }) => OWN_COMMANDS[name] !== undefined);
    expect(ours.filter(({ name, unstable }) => !name.startsWith("x-") || unstable !== true)).toEqual([]);
  });

  test("differs where it says so, and nowhere else", () => {
    const peers = shapesOf(golden.schema);
    const found = new Map<string, string[]>();
    for (const [name, shape] of shapesOf(schema)) {
      if (OWN_COMMANDS[name.replace("command ", "")] !== undefined) continue;
      const differences = differencesOf(shape, peers.get(name), name);
      if (differences.length > 0) found.set(name, differences);
    }
    const unknown = [...found].filter(([name]) => SCHEMA_DIFFERENCES[name] === undefined);
    expect(unknown.flatMap(([, differences]) => differences)).toEqual([]);
    expect([...found.values()].flat().filter((difference) => !difference.startsWith("- "))).toEqual([]);
    expect(Object.keys(SCHEMA_DIFFERENCES).filter((name) => !found.has(name))).toEqual([]);
  });
});
