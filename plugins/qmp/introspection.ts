import type {
  Command,
  EventDeclaration,
  JsonObject,
  Marks,
  Members,
  ObjectSchema,
  Schema,
  UnionSchema,
} from "backplane";

type TypeSchema = Exclude<Schema, { kind: "later" }>;

/** The types that JSON tells apart; all widths of whole numbers are one. */
const BUILT_IN = {
  str: "string",
  bool: "boolean",
  int: "int",
  number: "number",
  null: "null",
  any: "value",
} as const;

/**
 * The machine's commands and events in the format of `query-qmp-schema` (QEMU documentation, "Client introspection of
 * QMP"): first what a client may name, then the types, which have numbers for names, in the order in which they are met.
 */
export function introspect(commands: readonly Command[], events: readonly EventDeclaration[]): JsonObject[] {
  const types = new TypeTable();
  const named = [
    ...commands.map((command) => ({
      name: command.name,
      "meta-type": "command",
      "arg-type": types.nameOf(command.arguments),
      "ret-type": types.nameOf(command.result ?? EMPTY),
      ...(command.oob === true ? { "allow-oob": true } : {}),
      ...listed([...(command.features ?? []), ...marksOf(command)]),
    })),
    ...events.map((event) => ({
      name: event.name,
      "meta-type": "event",
      "arg-type": types.nameOf(event.data),
      ...listed(marksOf(event)),
    })),
  ];
  return [...named, ...types.describe()];
}

const EMPTY: ObjectSchema = { kind: "struct", name: "q_empty", members: {} };

/** Types by their names in the schema language; two schemas of one name are one type. */
class TypeTable {
  readonly #names = new Map<string, string>();
  readonly #met: { readonly name: string; readonly schema: TypeSchema }[] = [];
  #count = 0;

  nameOf(schema: Schema): string {
    if (schema.kind === "later") return this.nameOf(schema.schema());
    const key = keyOf(schema, this);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const hasNumber = !(key in BUILT_IN) && schema.kind !== "array";
    const name = hasNumber ? String(this.#count++) : key;
    this.#names.set(key, name);
    this.#met.push({ name, schema });
    return name;
  }

  /** Describing a type meets those that it consists of, so the list grows on the way. */
  describe(): JsonObject[] {
    const described: JsonObject[] = [];
    for (const { name, schema } of this.#met) described.push({ name, ...this.#describe(schema) });
    return described;
  }

  #describe(schema: TypeSchema): JsonObject {
    switch (schema.kind) {
      case "str":
      case "bool":
      case "number":
      case "null":
      case "any":
        return { "meta-type": "builtin", "json-type": BUILT_IN[schema.kind] };
      case "int":
      case "uint":
      case "size":
        return { "meta-type": "builtin", "json-type": "int" };
      case "array":
        return { "meta-type": "array", "element-type": this.nameOf(schema.items) };
      case "enum":
        return {
          "meta-type": "enum",
          members: schema.values.map((value) => ({ name: value, ...featuresOf(schema, value) })),
          values: schema.values,
        };
      case "alternate":
        return { "meta-type": "alternate", members: schema.of.map((option) => ({ type: this.nameOf(option) })) };
      case "struct":
        return { "meta-type": "object", members: this.#members(schema.members, schema) };
      case "union":
        return {
          "meta-type": "object",
          members: this.#members(schema.base, schema),
          tag: schema.tag,
          variants: this.#variants(schema),
        };
    }
  }

  #members(members: Members, marks: Marks): JsonObject[] {
    return Object.entries(members).map(([name, { schema, optional }]) => ({
      name,
      type: this.nameOf(schema),
      ...(optional ? { default: null } : {}),
      ...featuresOf(marks, name),
    }));
  }

  /** Values of the tag that choose no branch come last. */
  #variants({ base, tag, branches }: UnionSchema): JsonObject[] {
    const choice = base[tag]?.schema;
    const values = choice?.kind === "enum" ? choice.values : [];
    return [
      ...Object.entries(branches).map(([value, branch]) => ({ case: value, type: this.nameOf(branch) })),
      ...values
        .filter((value) => !Object.hasOwn(branches, value))
        .map((value) => ({ case: value, type: this.nameOf(EMPTY) })),
    ];
  }
}

function keyOf(schema: TypeSchema, types: TypeTable): string {
  switch (schema.kind) {
    case "str":
    case "bool":
    case "number":
    case "null":
    case "any":
      return schema.kind;
    case "int":
    case "uint":
    case "size":
      return "int";
    case "array":
      return `[${types.nameOf(schema.items)}]`;
    case "enum":
    case "alternate":
    case "struct":
    case "union":
      // A struct is empty whatever it is called.
      return schema.kind === "struct" && Object.keys(schema.members).length === 0 ? "q_empty " : `${schema.name} `;
  }
}

function featuresOf(marks: Marks, name: string): JsonObject {
  const features = (["deprecated", "unstable"] as const).filter((mark) => marks[mark]?.includes(name) === true);
  return listed(features);
}

function marksOf({ deprecated = false, unstable = false }: { deprecated?: boolean; unstable?: boolean }): string[] {
  return [...(deprecated ? ["deprecated"] : []), ...(unstable ? ["unstable"] : [])];
}

const listed = (features: readonly string[]): JsonObject => (features.length === 0 ? {} : { features });
