// What no client should send, to all commands of a whole machine at once.
import {
  checkArguments,
  checkValue,
  COMMANDS,
  EVENTS,
  Machine,
  parseJson,
  q,
  writeJson,
  type Command,
  type JsonValue,
  type LogRecord,
  type Schema,
} from "backplane";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";
import { TestClient } from "./client.ts";

/** Commands that end the machine or have a reset end it, start programs, make files, or take any amount of memory. */
const LEFT_OUT = new Set([
  "quit",
  "migrate",
  "migrate-incoming",
  "human-monitor-command",
  "object-add",
  "chardev-add",
  "chardev-change",
  "memsave",
  "set-action",
  "pmemsave",
]);
const RUNS = { numRuns: 150 } as const;

let machine: Machine;
let commands: readonly Command[];
const log: LogRecord[] = [];
const wrongEvents: string[] = [];

beforeAll(async () => {
  const definition = definitionOf(["-M", "q35", "-nodefaults", "-m", "64"]);
  machine = await Machine.create(definition, { types: machineTypes, log: (record) => log.push(record) });
  commands = machine.service(COMMANDS).all();
  const events = machine.service(EVENTS);
  events.listen(({ name, data = {} }) => {
    const declared = events.declared().find((event) => event.name === name);
    try {
      checkArguments(declared?.data ?? q.none, data);
    } catch (failure) {
      wrongEvents.push(`${name}: ${String(failure)}`);
    }
  });
});
afterAll(() => machine.dispose());

/** Names that may mean something, none of which is a file that could be written. */
const text = fc.constantFrom(
  "",
  "x",
  "/machine",
  "/machine/peripheral/x",
  "pc.ram",
  "pcie.0",
  "/nonexistent/x",
  "é\u0000",
);
const number = fc.constantFrom(
  0,
  1,
  -1,
  255,
  65536,
  4096,
  2 ** 32,
  -(2 ** 31),
  1.5,
  2n ** 63n,
  2n ** 64n - 1n,
  -(2n ** 64n),
);
const anything: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("id", "type", "driver", "data", "x", "__proto__"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

/** Values that fit a schema more often than not. */
function valueOf(schema: Schema, depth = 0): fc.Arbitrary<JsonValue> {
  const fitting = (): fc.Arbitrary<JsonValue> => {
    switch (schema.kind) {
      case "str":
        return text;
      case "bool":
        return fc.boolean();
      case "int":
      case "uint":
      case "size":
      case "number":
        return number;
      case "null":
        return fc.constant(null);
      case "enum":
        return fc.constantFrom(...schema.values);
      case "array":
        return fc.array(valueOf(schema.items, depth + 1), { maxLength: 2 });
      case "struct":
        return membersOf(schema, depth);
      case "union":
        return fc
          .tuple(
            membersOf({ members: schema.base }, depth),
            fc.oneof(...Object.values(schema.branches).map((branch) => valueOf(branch, depth + 1))),
          )
          .map(([base, branch]) => ({ ...(branch as object), ...base }));
      case "alternate":
        return fc.oneof(...schema.of.map((option) => valueOf(option, depth + 1)));
      case "later":
        return valueOf(schema.schema(), depth + 1);
      case "any":
        return anything;
    }
  };
  if (depth > 4) return anything;
  return fc.oneof({ weight: 12, arbitrary: fitting() }, { weight: 1, arbitrary: anything });
}

function membersOf(
  {
    members,
  }: { readonly members: { readonly [name: string]: { readonly schema: Schema; readonly optional: boolean } } },
  depth: number,
): fc.Arbitrary<{ [name: string]: JsonValue }> {
  const model = Object.fromEntries(
    Object.entries(members).map(([name, { schema }]) => [name, valueOf(schema, depth + 1)]),
  );
  const required = Object.keys(members).filter((name) => members[name]?.optional === false);
  return fc.record(model, { requiredKeys: required });
}

/** A command answers with what its schema says. */
function expectFits(name: string, line: string): void {
  const message = parseJson(line);
  if (!("value" in message)) throw new Error(`${name}: ${line}`);
  const { return: value } = message.value as { readonly return?: JsonValue };
  const result = commands.find((command) => command.name === name)?.result ?? q.none;
  if (value !== undefined) expect(() => checkValue(result, value, name), `${name}: ${line}`).not.toThrow();
}

describe("every query", () => {
  test("answers with what its schema says", async () => {
    const client = new TestClient(machine);
    client.negotiate();
    const isQuery = ({ name, arguments: given }: Command): boolean =>
      /^(?:x-)?query-/.test(name) &&
      given.kind === "struct" &&
      Object.values(given.members).every(({ optional }) => optional);
    for (const { name } of commands.filter(isQuery)) {
      client.send({ execute: name, id: name });
      expectFits(name, (await client.takeUntil(`"id": "${name}"`)).at(-1) ?? "");
    }
    client.leave();
  });
});

describe("any arguments", () => {
  test("lead to an answer, and never to a fault of ours", async () => {
    const request = fc
      .constantFrom(...commands.filter(({ name }) => !LEFT_OUT.has(name)))
      .chain((command) => fc.tuple(fc.constant(command.name), valueOf(command.arguments)));
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const client = new TestClient(machine);
        client.negotiate();
        for (const [execute, args] of requests) client.send(`${writeJson({ execute, arguments: args })}\n`);
        client.send({ execute: "query-name", id: "marker" });
        const lines = await client.takeUntil('"id": "marker"');
        const replies = lines.filter((line) => !line.startsWith('{"event"'));
        expect(replies).toHaveLength(requests.length + 1);
        for (const [index, [name]] of requests.entries()) expectFits(name, replies[index] ?? "");
        expect(log.filter(({ message }) => message.includes("a monitor command failed"))).toEqual([]);
        expect(wrongEvents).toEqual([]);
        client.leave();
      }),
      RUNS,
    );
  });
});

describe("many clients", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{"execute":"query-status"}',
      '{"execute":"stop"',
      "}",
      '{"exec-oob":"migrate-pause","id":1}',
      "\xff",
      "[[[[",
    ),
    fc.string({ maxLength: 8 }),
  );
  const step = fc.record({ client: fc.nat(7), say: fc.option(piece, { freq: 6 }) });

  test("do not disturb each other, whatever they say and whenever they go", async () => {
    const witness = new TestClient(machine);
    witness.negotiate();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clients = Array.from({ length: 8 }, () => new TestClient(machine));
        for (const [index, client] of clients.entries()) if (index % 2 === 0) client.negotiate("oob");
        for (const { client: index, say } of steps) {
          const client = clients[index];
          if (say === null) client?.leave();
          else client?.send(Buffer.from(say, "latin1"));
        }
        witness.send({ execute: "query-status", id: "witness" });
        await witness.takeUntil('"id": "witness"');
        for (const client of clients) client.leave();
      }),
      { numRuns: 40 },
    );
  });
});
