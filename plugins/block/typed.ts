// Text becomes what a schema says: command lines have no types.
import { parseInteger, parseSize, type JsonObject, type JsonValue, type Schema } from "backplane";
import { machineErrors } from "backplane";
import { isObject } from "./graph.ts";
import { textOf } from "./text-of.ts";

const ON = new Set(["on", "yes", "true", "y"]);
const OFF = new Set(["off", "no", "false", "n"]);

export interface TextRules {
  /** Whole numbers may have a suffix (`64K`), as in older options. */
  readonly suffixes: boolean;
}

/** The value with its texts read as the schema wants them. Faults in shape are left to the check that follows. */
export function typed(schema: Schema, value: JsonValue, path: string, rules: TextRules): JsonValue {
  switch (schema.kind) {
    case "bool":
      return typeof value === "string" ? readSwitch(value, path) : value;
    case "int":
    case "uint":
    case "size":
      return typeof value === "string" ? readNumber(value, path, rules) : value;
    case "array":
      return Array.isArray(value)
        ? value.map((item: JsonValue, index) => typed(schema.items, item, `${path}.${index}`, rules))
        : value;
    case "struct":
      return isObject(value) ? typedMembers(schema.members, value, path, rules) : value;
    case "union": {
      if (!isObject(value)) return value;
      const branch = schema.branches[textOf(value[schema.tag])];
      const members = branch?.kind === "struct" ? { ...schema.base, ...branch.members } : schema.base;
      return typedMembers(members, value, path, rules);
    }
    case "alternate": {
      const option = schema.of.find(({ kind }) => (kind === "str") === (typeof value === "string"));
      return option === undefined ? value : typed(option, value, path, rules);
    }
    case "later":
      return typed(schema.schema(), value, path, rules);
    case "str":
    case "enum":
    case "any":
    case "null":
    case "number":
    default:
      return value;
  }
}

function typedMembers(
  members: { readonly [name: string]: { readonly schema: Schema } },
  value: JsonObject,
  path: string,
  rules: TextRules,
): JsonObject {
  const prefix = path === "" ? "" : `${path}.`;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const known = Object.hasOwn(members, name) ? members[name] : undefined;
      return [
        name,
        known === undefined || member === undefined ? member : typed(known.schema, member, prefix + name, rules),
      ];
    }),
  );
}

function readSwitch(text: string, path: string): boolean {
  if (ON.has(text)) return true;
  if (OFF.has(text)) return false;
  throw machineErrors.PROPERTY_VALUE(path, "'on' or 'off'");
}

function readNumber(text: string, path: string, { suffixes }: TextRules): number {
  const number = suffixes ? parseSize(text) : parseInteger(text);
  if (number !== undefined) return number;
  throw machineErrors.PROPERTY_VALUE(path, suffixes ? "a size" : "integer");
}
