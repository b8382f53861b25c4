import { nearest } from "./suggest.ts";

/** What a failed check says: a Standard Schema's issue, with what valibot's have beyond it. */
interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  /** Valibot's: what would fit (`string`, `>=0`, `(Object | Array)`), and what was there. */
  readonly expected?: string | null;
  readonly received?: string;
  /** Of a union: what its branches say. */
  readonly issues?: readonly Issue[] | undefined;
}

/** A failed check, for a person. */
export interface Fault {
  readonly kind: "unknown" | "missing" | "value";
  readonly path: readonly PropertyKey[];
  /** What would fit and what was there; for `unknown` the key that was probably meant. */
  readonly expected: string;
  readonly received: string;
  readonly instead: string | undefined;
  /** What the schema itself says, where it is of a library that says no more. */
  readonly message: string | undefined;
}

/** The fault that a check found: of several, the one that got furthest into the value. `schema` helps to name what was meant. */
export function faultOf(issues: readonly Issue[], schema?: unknown): Fault {
  const { issue, path } = deepest(issues, []);
  const key = path.at(-1);
  if (issue.received === undefined) {
    return { kind: "value", path, expected: "", received: "", instead: undefined, message: issue.message };
  }
  const fault = {
    message: undefined,
    path,
    expected: expectation(issue),
    received: words(issue.received),
    instead: undefined,
  };
  if (issue.expected === "never" && typeof key === "string" && /^\d+$/.test(key)) {
    return { ...fault, kind: "value", path: path.slice(0, -1), expected: "a map", received: "a list" };
  }
  if (issue.expected === "never" && key !== undefined) {
    return { ...fault, kind: "unknown", instead: nearest(String(key), keysAt(schema, path.slice(0, -1))) };
  }
  if (issue.received === "undefined" && key !== undefined) return { ...fault, kind: "missing" };
  return { ...fault, kind: "value" };
}

/** A union reports its branches' issues below its own; the one that got furthest says best what is wrong. */
function deepest(
  issues: readonly Issue[],
  prefix: readonly PropertyKey[],
): { readonly issue: Issue; readonly path: readonly PropertyKey[] } {
  let best: { issue: Issue; path: readonly PropertyKey[] } | undefined;
  for (const issue of issues) {
    const path = [...prefix, ...(issue.path ?? []).map(keyOf)];
    const below = issue.issues === undefined ? undefined : deepest(issue.issues, path);
    const chosen = below !== undefined && below.path.length > path.length ? below : { issue, path };
    if (best === undefined || chosen.path.length > best.path.length) best = chosen;
  }
  if (best === undefined) throw new TypeError("a failed check has at least one issue");
  return best;
}

function keyOf(part: unknown): PropertyKey {
  return (typeof part === "object" && part !== null && "key" in part ? part.key : part) as PropertyKey;
}

const WORDS: Readonly<Record<string, string>> = {
  Object: "a map",
  Array: "a list",
  string: "text",
  number: "a number",
  boolean: "true or false",
  null: "nothing",
};

function words(types: string): string {
  const parts = types
    .replaceAll(/^\(|\)$/g, "")
    .split(" | ")
    .map((part) => part.replaceAll(/^\(|\)$/g, ""));
  return [...new Set(parts.map((part) => WORDS[part] ?? part))].join(" or ");
}

function expectation({ expected, message }: Issue): string {
  // A message of the schema's own says it best; the library's begin with what is invalid.
  if (!message.startsWith("Invalid ")) return message;
  if (message.startsWith("Invalid integer")) return "a whole number";
  const limit = /^([<>])=(.*)$/.exec(expected ?? "");
  if (limit !== null) return `at ${limit[1] === ">" ? "least" : "most"} ${limit[2]}`;
  return expected === null || expected === undefined ? message : words(expected);
}

/** The keys that a valibot schema has at a path; none for what cannot be looked into. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const [first, ...rest] = path;
  const parts = schema as {
    readonly wrapped?: unknown;
    readonly options?: readonly unknown[];
    readonly item?: unknown;
    readonly entries?: Readonly<Record<PropertyKey, unknown>>;
  } | null;
  if (typeof parts !== "object" || parts === null) return [];
  if (parts.wrapped !== undefined) return keysAt(parts.wrapped, path);
  if (Array.isArray(parts.options)) return parts.options.flatMap((option) => keysAt(option, path));
  if (first === undefined) return Object.keys(parts.entries ?? {});
  if (typeof first === "number") return keysAt(parts.item, rest);
  return keysAt(parts.entries?.[first], rest);
}
