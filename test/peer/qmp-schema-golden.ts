import { loadJson } from "./golden.ts";

/** One entry of `query-qmp-schema`. */
export interface SchemaEntry {
  readonly name: string;
  readonly "meta-type": "builtin" | "enum" | "array" | "object" | "alternate" | "command" | "event";
  readonly features?: readonly string[];
  readonly "json-type"?: string;
  readonly "element-type"?: string;
  readonly members?: readonly {
    readonly name?: string;
    readonly type?: string;
    readonly default?: null;
    readonly features?: readonly string[];
  }[];
  readonly values?: readonly string[];
  readonly tag?: string;
  readonly variants?: readonly { readonly case: string; readonly type: string }[];
  readonly "arg-type"?: string;
  readonly "ret-type"?: string;
  readonly "allow-oob"?: boolean;
}

/** The peer's commands and events of those names that we have, and the types that they lead to. */
export interface QmpSchemaGolden {
  readonly peer: string;
  readonly schema: readonly SchemaEntry[];
}

export function loadQmpSchemaGolden(): QmpSchemaGolden {
  return loadJson("qmp-schema.json") as unknown as QmpSchemaGolden;
}

/** What a type is, whatever it is called: types stand in each other's place, and `^2` for the second type up. */
export interface Shape {
  readonly [part: string]: Shape | string | boolean | undefined;
}

/** The shape of every command and event. */
export function shapesOf(schema: readonly SchemaEntry[]): ReadonlyMap<string, Shape> {
  const entries = new Map(schema.map((entry) => [entry.name, entry]));
  const entry = (name: string): SchemaEntry => {
    const found = entries.get(name);
    if (found === undefined) throw new Error(`the schema has no type ${name}`);
    return found;
  };
  return new Map(
    schema
      .filter((candidate) => candidate["meta-type"] === "command" || candidate["meta-type"] === "event")
      .map((named) => [
        `${named["meta-type"]} ${named.name}`,
        {
          ...marks(named.features),
          ...(named["allow-oob"] === true ? { oob: true } : {}),
          takes: shape(entry, named["arg-type"] ?? "", []),
          ...(named["ret-type"] === undefined ? {} : { returns: shape(entry, named["ret-type"], []) }),
        },
      ]),
  );
}

function marks(features: readonly string[] = []): Shape {
  return Object.fromEntries(features.map((feature) => [`is ${feature}`, true]));
}

function shape(entry: (name: string) => SchemaEntry, name: string, within: readonly string[]): Shape | string {
  const at = within.indexOf(name);
  if (at >= 0) return `^${within.length - at}`;
  const type = entry(name);
  const inner = (other: string): Shape | string => shape(entry, other, [...within, name]);
  const { members = [], tag, variants = [] } = type;
  switch (type["meta-type"]) {
    case "builtin":
      return type["json-type"] ?? "";
    case "array":
      return { each: inner(type["element-type"] ?? "") };
    case "enum":
      return Object.fromEntries(members.map((member) => [`'${member.name ?? ""}'`, marks(member.features)]));
    case "alternate":
      return Object.fromEntries(members.map((member, index) => [`option ${index}`, inner(member.type ?? "")]));
    case "object":
      return {
        ...Object.fromEntries(
          members.map((member) => [
            `${member.name ?? ""}${member.default === null ? "?" : ""}`,
            { ...marks(member.features), type: inner(member.type ?? "") },
          ]),
        ),
        ...(tag === undefined ? {} : { "by tag": tag }),
        ...Object.fromEntries(variants.map((variant) => [`if ${variant.case}`, inner(variant.type)])),
      };
    case "command":
    case "event":
      throw new Error(`${name} is no type`);
  }
}

/** Where two shapes differ: the paths of what is missing here, what is more, and what is something else. */
export function differencesOf(ours: Shape | string | boolean | undefined, peers: typeof ours, path: string): string[] {
  if (typeof ours !== "object" || typeof peers !== "object") {
    if (ours === peers) return [];
    if (ours === undefined) return [`- ${path}`];
    return [peers === undefined ? `+ ${path}` : `! ${path}`];
  }
  return [...new Set([...Object.keys(ours), ...Object.keys(peers)])].flatMap((part) =>
    differencesOf(ours[part], peers[part], `${path} / ${part}`),
  );
}

/** A schema without what the named commands and events do not lead to. */
export function reachable(schema: readonly SchemaEntry[], isNamed: (entry: SchemaEntry) => boolean): SchemaEntry[] {
  const wanted = new Set<string>();
  const visit = (entry: SchemaEntry): void => {
    if (wanted.has(entry.name)) return;
    wanted.add(entry.name);
    const names = [
      entry["arg-type"],
      entry["ret-type"],
      entry["element-type"],
      ...(entry.members ?? []).map(({ type }) => type),
      ...(entry.variants ?? []).map(({ type }) => type),
    ];
    for (const other of schema) if (names.includes(other.name)) visit(other);
  };
  for (const entry of schema) {
    if ((entry["meta-type"] === "command" || entry["meta-type"] === "event") && isNamed(entry)) visit(entry);
  }
  return schema.filter(({ name }) => wanted.has(name));
}
