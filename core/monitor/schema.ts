import { monitorErrors } from "./errors.ts";
import type { JsonObject, JsonValue } from "./contract.ts";
import { JsonDouble } from "./json/double.ts";

/**
 * The schema language of monitor commands: the shapes that QAPI has. From one schema come the check of arguments with
 * the peer's texts, `query-qmp-schema`, and the docs page.
 */
export type Schema =
  | { readonly kind: "str" | "bool" | "size" | "number" | "any" | "null" }
  | { readonly kind: "int" | "uint"; readonly bits?: 8 | 16 | 32 | 64 }
  | { readonly kind: "enum"; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: "array"; readonly items: Schema }
  | StructSchema
  | UnionSchema
  | { readonly kind: "alternate"; readonly name: string; readonly of: readonly Schema[]; readonly expected: string };

export interface UnionSchema {
  readonly kind: "union";
  readonly name: string;
  readonly tag: string;
  readonly base: Members;
  /** A branch that is a union itself adds its own tag. */
  readonly branches: { readonly [tag: string]: StructSchema | UnionSchema };
}

export interface Members {
  readonly [name: string]: Member;
}
export interface Member {
  readonly schema: Schema;
  readonly optional: boolean;
}
export interface StructSchema<M extends Members = Members> {
  readonly kind: "struct";
  readonly name: string;
  readonly members: M;
  /** Takes members of any name and type besides those declared. */
  readonly open?: boolean;
}

type Primitive = {
  str: string;
  bool: boolean;
  int: number;
  uint: number;
  size: number;
  number: number;
  any: JsonValue;
  null: null;
};
export type TypeOf<S extends Schema> = S extends { kind: keyof Primitive }
  ? Primitive[S["kind"]]
  : S extends { kind: "enum"; values: readonly (infer V)[] }
    ? V
    : S extends { kind: "array"; items: infer I extends Schema }
      ? readonly TypeOf<I>[]
      : S extends StructSchema<infer M>
        ? MembersOf<M>
        : JsonValue;
type MembersOf<M extends Members> = {
  readonly [K in keyof M as M[K]["optional"] extends true ? never : K]: TypeOf<M[K]["schema"]>;
} & { readonly [K in keyof M as M[K]["optional"] extends true ? K : never]?: TypeOf<M[K]["schema"]> };
export type ValueOf<S extends StructSchema> = MembersOf<S["members"]>;

type MembersFrom<D extends { readonly [name: string]: Schema }> = {
  readonly [K in keyof D as K extends `${infer N}?` ? N : K]: {
    readonly schema: D[K];
    readonly optional: K extends `${string}?` ? true : false;
  };
};

function members<const D extends { readonly [name: string]: Schema }>(declared: D): MembersFrom<D> {
  const result: Record<string, Member> = {};
  for (const [key, schema] of Object.entries(declared)) {
    const optional = key.endsWith("?");
    result[optional ? key.slice(0, -1) : key] = { schema, optional };
  }
  return result as MembersFrom<D>;
}

/** Builders: `q.struct("Migrate", { "uri?": q.str, "detach?": q.bool })`; a trailing `?` marks an optional member. */
export const q = {
  str: { kind: "str" },
  bool: { kind: "bool" },
  /** A signed 64-bit integer. Beyond 2^53 commands see the nearest double, as they do of `uint(64)` and `size`. */
  int: { kind: "int" },
  signed: (bits: 8 | 16 | 32 | 64) => ({ kind: "int", bits }) as const,
  uint: (bits: 8 | 16 | 32 | 64) => ({ kind: "uint", bits }) as const,
  size: { kind: "size" },
  number: { kind: "number" },
  any: { kind: "any" },
  null: { kind: "null" },
  none: { kind: "struct", name: "q_empty", members: {} },
  /** An object of any members, for commands that check them themselves. */
  object: { kind: "struct", name: "any-object", members: {}, open: true },
  enum: <const V extends string>(name: string, values: readonly V[]) => ({ kind: "enum", name, values }) as const,
  array: <S extends Schema>(items: S) => ({ kind: "array", items }) as const,
  struct: <const D extends { readonly [name: string]: Schema }>(name: string, declared: D) =>
    ({ kind: "struct", name, members: members(declared) }) as const,
  /** A flat union: `tag` chooses the branch whose members join those of `base`. */
  union: <const D extends { readonly [name: string]: Schema }>(
    name: string,
    tag: string,
    base: D,
    branches: { readonly [tag: string]: StructSchema | UnionSchema },
  ) => ({ kind: "union", name, tag, base: members(base), branches }) as const,
  alternate: (name: string, expected: string, of: readonly Schema[]) =>
    ({ kind: "alternate", name, expected, of }) as const,
} as const;

/** Checks arguments against a schema. Throws the peer's errors, naming the member by its dotted path. */
export function checkArguments<S extends StructSchema>(schema: S, value: JsonObject): ValueOf<S> {
  return checkMembers(schema, value, "") as ValueOf<S>;
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

function checkMembers({ members: declared, open }: StructSchema, value: JsonObject, path: string): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [name, member] of Object.entries(declared)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined) {
      if (!member.optional) throw monitorErrors.PARAMETER_MISSING(path + name);
      continue;
    }
    result[name] = check(member.schema, given, { path: path + name, name });
  }
  for (const [name, given] of Object.entries(value)) {
    if (Object.hasOwn(declared, name)) continue;
    if (open !== true) throw monitorErrors.PARAMETER_UNEXPECTED(path + name);
    if (given !== undefined) Object.defineProperty(result, name, { value: given, enumerable: true });
  }
  return result;
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
    case "struct": {
      if (!isObject(value)) throw monitorErrors.PARAMETER_TYPE(path, "object");
      return checkMembers(schema, value, `${path}.`);
    }
    case "union":
      return checkUnion(schema, value, path);
    case "alternate": {
      const option = schema.of.find((candidate) => fits(candidate, value));
      if (option === undefined) throw monitorErrors.PARAMETER_TYPE(path, schema.expected);
      return check(option, value, place);
    }
  }
}

function checkUnion(schema: UnionSchema, value: JsonValue, path: string): JsonValue {
  if (!isObject(value)) throw monitorErrors.PARAMETER_TYPE(path, "object");
  const tag = value[schema.tag];
  const tagPath = `${path}.${schema.tag}`;
  if (tag === undefined) throw monitorErrors.PARAMETER_MISSING(tagPath);
  if (typeof tag !== "string") throw monitorErrors.PARAMETER_TYPE(tagPath, "string");
  const branch = Object.hasOwn(schema.branches, tag) ? schema.branches[tag] : undefined;
  if (branch === undefined) throw monitorErrors.PARAMETER_CHOICE(schema.tag, tag);
  if (branch.kind === "union") return checkUnion({ ...branch, base: { ...schema.base, ...branch.base } }, value, path);
  const { kind, name } = branch;
  return checkMembers({ kind, name, members: { ...schema.base, ...branch.members } }, value, `${path}.`);
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
    case "any":
    case "alternate":
      return true;
  }
}
