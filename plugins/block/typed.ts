// Text becomes what a schema says: command lines have no types.
import { parseInteger, parseSize, type JsonObject, type JsonValue, type Schema } from "backplane";
import { machineErrors } from "backplane";
import { blockErrors } from "./errors.ts";
import { isObject } from "./graph.ts";
import { textOf } from "./text-of.ts";

const ON = new Set(["on", "yes", "true", "y"]);
const OFF = new Set(["off", "no", "false", "n"]);

interface Range {
  readonly lowest: bigint;
  readonly highest: bigint;
}
const INT64: Range = { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n };
/** A negative number stands for the 64 bits that it has. */
const UINT64: Range = { lowest: -(2n ** 63n), highest: 2n ** 64n - 1n };

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
    case "size":
      if (typeof value !== "string") return value;
      return rules.suffixes ? readSize(value, path) : readInteger(value, path, INT64);
    case "uint":
      if (typeof value !== "string") return value;
      return readInteger(value, path, UINT64, rules.suffixes ? "a number" : "integer");
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

/** Exactly: what does not fit is refused by the check that follows, or by whom it is for. */
function readInteger(text: string, path: string, { lowest, highest }: Range, wanted = "integer"): JsonValue {
  const [, sign = "", digits = ""] = /^\s*([+-]?)(\w+)$/.exec(text) ?? [];
  if (parseInteger(digits) !== undefined) {
    const octal = /^0[0-7]+$/.test(digits);
    const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits);
    const number = sign === "-" ? -magnitude : magnitude;
    if (number >= lowest && number <= highest) return compact(number);
  }
  throw machineErrors.PROPERTY_VALUE(path, wanted);
}

function readSize(text: string, path: string): JsonValue {
  const bytes = parseSize(text);
  if (bytes !== undefined) return compact(/^\d+$/.test(text) ? BigInt(text) : BigInt(bytes));
  const isNegative = /^\s*-/.test(text) && parseSize(text.replace("-", "")) !== undefined;
  throw isNegative ? blockErrors.BLOCK_SIZE_RANGE(text, path) : machineErrors.PROPERTY_VALUE(path, "a size");
}

const compact = (number: bigint): JsonValue => (Number.isSafeInteger(Number(number)) ? Number(number) : number);
