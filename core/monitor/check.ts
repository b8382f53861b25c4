import type { JsonObject, JsonValue } from "./contract.ts";
import { hashOrder } from "../hash-order.ts";
import { monitorErrors } from "./errors.ts";
import { membersInOrder } from "./json/dictionary-order.ts";
import { JsonDouble } from "./json/double.ts";
import type { Members, ObjectSchema, Schema, TypeOf, UnionSchema, ValueOf } from "./schema.ts";

/** Checks arguments against a schema. Throws the peer's errors, naming the member by its dotted path. */
export function checkArguments<S extends ObjectSchema>(schema: S, value: JsonObject): ValueOf<S> {
  return checkObject(schema, value, "") as ValueOf<S>;
}

/** Checks one value. `path` leads to it; the last step of the path is all that some messages name. */
export function checkValue<S extends Schema>(schema: S, value: JsonValue, path: string): TypeOf<S> {
  return check(schema, value, { path, name: path }) as TypeOf<S>;
}

/** Where a value stands. The peer names an element of an array `null` where it does not name the whole path. */
interface Place {
  readonly path: string;
  readonly name: string;
}

/** `prefix` is what stands before a member's name in its path. */
function checkObject(schema: ObjectSchema, value: JsonObject, prefix: string): JsonObject {
  if (schema.kind === "struct" && schema.open === true) return value;
  const checked = new Map<string, JsonValue>();
  let part: ObjectSchema | undefined = schema;
  while (part !== undefined) {
    checkMembers(part.kind === "union" ? part.base : part.members, value, prefix, checked);
    part = part.kind === "union" ? branchOf(part, checked) : undefined;
  }
  for (const name of unvisited(value, checked)) throw monitorErrors.PARAMETER_UNEXPECTED(prefix + name);
  return Object.fromEntries(checked);
}

function checkMembers(declared: Members, value: JsonObject, prefix: string, checked: Map<string, JsonValue>): void {
  for (const [name, member] of Object.entries(declared)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined) {
      if (!member.optional) throw monitorErrors.PARAMETER_MISSING(prefix + name);
      continue;
    }
    checked.set(name, check(member.schema, given, { path: prefix + name, name }));
  }
}

/** A value of the tag that has no branch adds no members. */
function branchOf({ tag, branches }: UnionSchema, checked: ReadonlyMap<string, JsonValue>): ObjectSchema | undefined {
  const value = checked.get(tag);
  return typeof value === "string" && Object.hasOwn(branches, value) ? branches[value] : undefined;
}

/** Nobody writes as many by hand, and a table of many more would have to grow without end. */
const ORDERED_MEMBERS = 10_000;

/** Members that no part of the schema has, as the peer finds them: in the order of a hash table. */
function unvisited(value: JsonObject, checked: ReadonlyMap<string, JsonValue>): readonly string[] {
  const names = membersInOrder(value).map(([name]) => name);
  if (names.length === checked.size) return [];
  const ordered = names.length > ORDERED_MEMBERS ? names : hashOrder(names);
  return ordered.filter((name) => !checked.has(name));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isDouble(value);
}

function isDouble(value: unknown): value is JsonDouble {
  return value instanceof JsonDouble;
}

function check(schema: Schema, value: JsonValue, place: Place): JsonValue {
  const { path } = place;
  switch (schema.kind) {
    case "any":
      return plain(value);
    case "null":
      return expectType(value === null, value, path, "null");
    case "str":
      return expectType(typeof value === "string", value, path, "string");
    case "bool":
      return expectType(typeof value === "boolean", value, path, "boolean");
    case "number": {
      const number = isDouble(value) ? value.value : value;
      if (typeof number !== "number" && typeof number !== "bigint") throw monitorErrors.PARAMETER_TYPE(path, "number");
      return Number(number);
    }
    case "int":
      return checkSigned(value, schema.bits ?? 64, place);
    case "uint":
      return checkUnsigned(value, schema.bits ?? 64, place);
    case "size":
      return checkUnsigned(value, 64, place);
    case "enum": {
      if (typeof value !== "string") throw monitorErrors.PARAMETER_TYPE(path, "string");
      if (!schema.values.includes(value)) throw monitorErrors.PARAMETER_CHOICE(place.name, value);
      return value;
    }
    case "array": {
      if (!Array.isArray(value)) throw monitorErrors.PARAMETER_TYPE(path, "array");
      return value.map((item: JsonValue, index) =>
        check(schema.items, item, { path: `${path}[${index}]`, name: "null" }),
      );
    }
    case "struct":
    case "union": {
      if (!isObject(value)) throw monitorErrors.PARAMETER_TYPE(path, "object");
      return checkObject(schema, value, `${path}.`);
    }
    case "later":
      return check(schema.schema(), value, place);
    case "alternate": {
      const option = schema.of.find((candidate) => fits(candidate, value));
      if (option === undefined) throw monitorErrors.PARAMETER_TYPE(path, schema.expected);
      return check(option, value, place);
    }
  }
}

/** A whole number that was written as one; a double is none. */
function wholeNumber(value: JsonValue): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : undefined;
}

function checkSigned(value: JsonValue, bits: number, { path, name }: Place): number {
  const number = wholeNumber(value);
  if (number === undefined || number >= 1n << 63n) throw monitorErrors.PARAMETER_TYPE(path, "integer");
  if (number !== BigInt.asIntN(bits, number)) throw monitorErrors.PARAMETER_RANGE(name, `int${bits}_t`);
  return Number(number);
}

/** As in C, a negative number counts down from 2^64. */
function checkUnsigned(value: JsonValue, bits: number, { path, name }: Place): number {
  const number = wholeNumber(value);
  if (number === undefined) throw monitorErrors.PARAMETER_RANGE(path, "uint64");
  const unsigned = BigInt.asUintN(64, number);
  if (unsigned !== BigInt.asUintN(bits, unsigned)) throw monitorErrors.PARAMETER_RANGE(name, `uint${bits}_t`);
  return Number(unsigned);
}

/** For commands that take anything: doubles that were told from integers are numbers again. */
function plain(value: JsonValue): JsonValue {
  if (isDouble(value)) return value.value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => plain(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, member === undefined ? undefined : plain(member)]),
  );
}

function expectType(holds: boolean, value: JsonValue, path: string, expected: string): JsonValue {
  if (!holds) throw monitorErrors.PARAMETER_TYPE(path, expected);
  return value;
}

/** Whether the JSON type alone fits, which is all that an alternate looks at. */
function fits(schema: Schema, value: JsonValue): boolean {
  switch (schema.kind) {
    case "str":
    case "enum":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "int":
    case "uint":
    case "size":
    case "number":
      return typeof value === "number" || typeof value === "bigint" || isDouble(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "struct":
    case "union":
      return isObject(value);
    case "later":
      return fits(schema.schema(), value);
    case "any":
    case "alternate":
      return true;
  }
}
