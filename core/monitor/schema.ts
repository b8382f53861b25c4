import type { JsonObject, JsonValue } from "./contract.ts";

/**
 * The schema language of monitor commands: the shapes that QAPI has. From one schema come the check of arguments with
 * the peer's texts, `query-qmp-schema`, and the docs page.
 */
export type Schema =
  | { readonly kind: "str" | "bool" | "size" | "number" | "any" | "null" }
  | { readonly kind: "int" | "uint"; readonly bits?: 8 | 16 | 32 | 64 }
  | EnumSchema
  | { readonly kind: "array"; readonly items: Schema }
  | StructSchema
  | UnionSchema
  | { readonly kind: "alternate"; readonly name: string; readonly of: readonly Schema[]; readonly expected: string }
  /** A schema that contains itself: looked up when it is needed. */
  | { readonly kind: "later"; readonly schema: () => Schema };

/** What arguments may be. */
export type ObjectSchema = StructSchema | UnionSchema;

/** `unstable` and `deprecated` of values and members, by name. */
export interface Marks {
  readonly unstable?: readonly string[];
  readonly deprecated?: readonly string[];
}

export interface EnumSchema extends Marks {
  readonly kind: "enum";
  readonly name: string;
  readonly values: readonly string[];
}

export interface UnionSchema extends Marks {
  readonly kind: "union";
  readonly name: string;
  /** The member of `base` that chooses the branch; its schema is an enumeration. */
  readonly tag: string;
  readonly base: Members;
  /** A branch that is a union itself adds its own tag. A value of the tag without a branch adds no members. */
  readonly branches: { readonly [tag: string]: StructSchema | UnionSchema };
}

export interface Members {
  readonly [name: string]: Member;
}
export interface Member {
  readonly schema: Schema;
  readonly optional: boolean;
}
export interface StructSchema<M extends Members = Members> extends Marks {
  readonly kind: "struct";
  readonly name: string;
  readonly members: M;
  /** The members are for the schema's readers. The command takes members of any name and type, and checks them itself. */
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
      : S extends { kind: "struct"; open: true } | UnionSchema
        ? JsonObject
        : S extends StructSchema<infer M>
          ? MembersOf<M>
          : JsonValue;
type MembersOf<M extends Members> = {
  readonly [K in keyof M as M[K]["optional"] extends true ? never : K]: TypeOf<M[K]["schema"]>;
} & { readonly [K in keyof M as M[K]["optional"] extends true ? K : never]?: TypeOf<M[K]["schema"]> };
export type ValueOf<S extends ObjectSchema> = S extends { open: true }
  ? JsonObject
  : S extends StructSchema
    ? MembersOf<S["members"]>
    : JsonObject;

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
  /** The same, with members that the schema's readers are told of. */
  open: <const D extends { readonly [name: string]: Schema }>(name: string, declared: D) =>
    ({ kind: "struct", name, members: members(declared), open: true }) as const,
  enum: <const V extends string>(name: string, values: readonly V[], marks: Marks = {}) =>
    ({ kind: "enum", name, values, ...marks }) as const,
  array: <S extends Schema>(items: S) => ({ kind: "array", items }) as const,
  struct: <const D extends { readonly [name: string]: Schema }>(name: string, declared: D, marks: Marks = {}) =>
    ({ kind: "struct", name, members: members(declared), ...marks }) as const,
  /** A flat union: `tag`, an enumeration in `base`, chooses the branch whose members join those of `base`. */
  union: <const D extends { readonly [name: string]: Schema }>(
    name: string,
    tag: string,
    base: D,
    branches: { readonly [tag: string]: StructSchema | UnionSchema },
    marks: Marks = {},
  ) => ({ kind: "union", name, tag, base: members(base), branches, ...marks }) as const,
  alternate: (name: string, expected: string, of: readonly Schema[]) =>
    ({ kind: "alternate", name, expected, of }) as const,
  later: (schema: () => Schema) => ({ kind: "later", schema }) as const,
} as const;
