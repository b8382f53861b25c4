import { parseSize } from "../config/size.ts";
import { suggest } from "../config/suggest.ts";
import { asBackplaneError } from "../errors.ts";
import type { JsonValue } from "../monitor/contract.ts";
import { machineErrors } from "./errors.ts";

/** A property's value as it was written: a string on a command line, typed in a config file or over QMP. */
export type OptionValue =
  | string
  | number
  | boolean
  | null
  | readonly OptionValue[]
  | { readonly [key: string]: OptionValue };
export type OptionValues = { readonly [name: string]: OptionValue };

/**
 * Where values were written, which decides what they may look like and in which words they are refused:
 *
 * - `config`: a definition file; typed values, and text where text is natural (sizes, hexadecimal)
 * - `keyval`: `-device x,a=b` and `-machine`; everything is text
 * - `opts`: `-object x,a=b`; text as well, but the peer reads it with another visitor, which has other words
 * - `string`: a global; text too, with yet other words
 * - `json`: QMP, or `-device '{…}'`; typed, and text is no number
 */
export type ValueForm = "config" | "keyval" | "opts" | "string" | "json";

/** One property of a device, object or machine type: how its value is read, what it is when nobody gives it. */
export interface Property<T> {
  /** The type's name as `-device X,help` prints it: `bool`, `uint32`, `size`, `str`, `link<memory-backend>`, … */
  readonly type: string;
  readonly default: T | undefined;
  readonly description: string | undefined;
  /** Must be given; only objects have such properties. */
  readonly required?: boolean;
  /** What monitors list for a default, and show for a value, where nobody gave one. */
  readonly absent?: JsonValue;
  /** The words that it takes, if it takes only some. */
  readonly choices?: readonly string[];
  /** It only says something and takes no value. */
  readonly readonly?: boolean;
  /** The device passes it on to one inside, which `info qtree` shows it of. */
  readonly inner?: boolean;
  /** An object gets it when it is made; its type does not list it with a default, nor `info qtree` at all. */
  readonly late?: boolean;
  /** Objects, which know fewer types than devices, name this one as it is. */
  readonly named?: boolean;
  /** The value as monitors read it, where that is not the value itself. */
  format?(value: T | undefined): JsonValue;
  /** The value as `info qtree` shows it, where that does not follow from `format`. */
  show?(value: T | undefined): string;
  /** Throws with the peer's text. `owner` is the driver's name; `form` is `config` where nobody says. */
  parse(value: OptionValue, name: string, owner: string, form?: ValueForm): T;
}

export type PropertyTable = { readonly [name: string]: Property<unknown> };
export type PropertyValues<P extends PropertyTable> = {
  readonly [K in keyof P]: P[K] extends Property<infer T> ? T : never;
};

interface PropertyText {
  readonly description?: string;
  /** The type's name in help, where it is not the usual one. */
  readonly type?: string;
}

const ON = new Set(["on", "yes", "true", "y"]);
const OFF = new Set(["off", "no", "false", "n"]);

function bool(fallback: boolean, text: PropertyText = {}): Property<boolean> {
  return {
    type: text.type ?? "bool",
    default: fallback,
    description: text.description,
    parse(value, name, _owner, form) {
      if (typeof value === "boolean") return value;
      if (form === "json") throw machineErrors.PROPERTY_TYPE(name, "boolean");
      if (typeof value === "string" && ON.has(value)) return true;
      if (typeof value === "string" && OFF.has(value)) return false;
      throw machineErrors.PROPERTY_VALUE(name, "'on' or 'off'");
    },
  };
}

/** 53 stands for 64: numbers are exact that far, and nothing here needs more. */
type Bits = 8 | 16 | 32 | 53;

/** A whole number of `bits` bits from 0; as text decimal, 0x hexadecimal or 0 octal. */
function unsigned<F extends number | undefined>(
  bits: Bits,
  fallback: F,
  text: PropertyText = {},
): Property<number | F> {
  const width = bits === 53 ? 64 : bits;
  return {
    type: text.type ?? `uint${width}`,
    default: fallback,
    description: text.description,
    parse(value, name, _owner, form) {
      const number = integer(value, name, form, "uint64");
      // As in C, text with a minus sign counts down from 2^64 and is then too large.
      if (number < 0 || number >= 2 ** bits)
        throw machineErrors.PROPERTY_VALUE(name, width === 64 ? "uint64" : `uint${width}_t`);
      return number;
    },
  };
}

/** A whole number of `bits` bits with a sign. */
function signed<F extends number | undefined>(bits: Bits, fallback: F, text: PropertyText = {}): Property<number | F> {
  const width = bits === 53 ? 64 : bits;
  const limit = bits === 53 ? 2 ** 53 : 2 ** (bits - 1);
  return {
    type: text.type ?? `int${width}`,
    default: fallback,
    description: text.description,
    parse(value, name, _owner, form) {
      const number = integer(value, name, form, "int64");
      if (number < -limit || number >= limit)
        throw machineErrors.PROPERTY_VALUE(name, width === 64 ? int64(form) : `int${width}_t`);
      return number;
    },
  };
}

function integer(value: OptionValue, name: string, form: ValueForm | undefined, type: "int64" | "uint64"): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  if (form === "json") {
    throw type === "uint64" ? machineErrors.PROPERTY_VALUE(name, type) : machineErrors.PROPERTY_TYPE(name, "integer");
  }
  const number = typeof value === "string" ? parseInteger(value) : undefined;
  // Options, unlike the rest, do not let a number without a sign count down from 2^64.
  const isOutside = form === "opts" && type === "uint64" && number !== undefined && (number < 0 || number >= 2 ** 64);
  if (number === undefined || isOutside) {
    const words = {
      opts: `${type === "int64" ? "an" : "a"} ${type} value`,
      string: type,
      keyval: "integer",
      config: "integer",
    };
    throw machineErrors.PROPERTY_VALUE(name, words[form ?? "config"]);
  }
  return number;
}

/** How options name the whole type, which they read at once; others find out afterwards that a number is too large. */
const int64 = (form: ValueForm | undefined): string => (form === "opts" ? "an int64 value" : "int64");

/** Up to 2^64, and not exact beyond 2^53: for whoever refuses such sizes in words of its own. */
function wideSize<F extends number | undefined>(fallback: F, text: PropertyText = {}): Property<number | F> {
  return size(fallback, text, 2 ** 64);
}

function size<F extends number | undefined>(
  fallback: F,
  text: PropertyText = {},
  limit: number = 2 ** 53,
): Property<number | F> {
  return {
    type: text.type ?? "size",
    default: fallback,
    description: text.description,
    parse(value, name, _owner, form) {
      const bytes = typeof value === "string" && form !== "json" ? parseSize(value) : value;
      if (typeof bytes === "number" && Number.isInteger(bytes) && bytes >= 0 && bytes < limit) return bytes;
      if (form === "string") {
        const isNegative = typeof value === "string" && /^\s*-\s*[0-9]/.test(value);
        throw isNegative ? machineErrors.PROPERTY_RANGE(name, value) : machineErrors.PROPERTY_SIZE(name);
      }
      throw machineErrors
        .PROPERTY_VALUE(
          name,
          { json: "uint64", opts: "a size value", keyval: "size", config: "a size" }[form ?? "config"],
        )
        .advise("write a number of bytes, or text with a suffix K, M, G or T, such as 256M");
    },
  };
}

function string<F extends string | undefined>(fallback: F, text: PropertyText = {}): Property<string | F> {
  return {
    type: text.type ?? "str",
    default: fallback,
    description: text.description,
    parse(value, name, _owner, form) {
      if (typeof value === "string") return value;
      if (form !== "json" && (typeof value === "number" || typeof value === "boolean")) return String(value);
      throw machineErrors.PROPERTY_TYPE(name, "string");
    },
  };
}

/** One of a fixed set of words. `type` is the peer's name of the enumeration. */
function choice<const V extends string>(
  type: string,
  values: readonly V[],
  fallback: V,
  text: PropertyText = {},
): Property<V> {
  return {
    type,
    default: fallback,
    description: text.description,
    choices: values,
    parse(value, name, _owner, form) {
      if (form === "json" && typeof value !== "string") throw machineErrors.PROPERTY_TYPE(name, "string");
      const word = value === true ? "on" : value === false ? "off" : value;
      const found = values.find((candidate) => candidate === word);
      if (found === undefined) {
        const written = typeof word === "string" ? word : JSON.stringify(word);
        throw machineErrors.PROPERTY_CHOICE(name, written).advise(`write one of: ${values.join(", ")}`);
      }
      return found;
    },
  };
}

/** The id of another object; the component that holds the property looks it up. */
function link(target: string, text: PropertyText = {}): Property<string | undefined> {
  return {
    ...string(undefined, text),
    type: `link<${target}>`,
    format: (id) => (id === undefined ? "" : `/objects/${id}`),
  };
}

/** A property that only says something: what the device overlays it with, or its default. */
function readonly<T>(type: string, value: T, text: PropertyText = {}): Property<T> {
  return {
    type,
    default: value,
    description: text.description,
    readonly: true,
    parse(_value, name, owner) {
      throw machineErrors.PROPERTY_READONLY(owner, name);
    },
  };
}

/** A property with a syntax of its own. What it refuses is refused with `machineErrors.PROPERTY_REFUSED`. */
function custom<T>(
  property: Omit<Property<T>, "description" | "default"> & { default?: T; description?: string },
): Property<T> {
  return { ...property, default: property.default, description: property.description };
}

/** The same property, to be given by whoever makes the object. */
function required<T>(property: Property<T>): Property<T> {
  return { ...property, required: true };
}

/** The same property; `value` is what monitors show where nobody gave one. */
function absent<T>(property: Property<T>, value: JsonValue): Property<T> {
  return { ...property, absent: value };
}

/** The same properties, as ones that are passed on to a device inside. */
function inner<P extends PropertyTable>(table: P): P {
  return Object.fromEntries(Object.entries(table).map(([name, property]) => [name, { ...property, inner: true }])) as P;
}

/** The same property, as one that each object gets by itself. */
function late<T>(property: Property<T>): Property<T> {
  return { ...property, late: true };
}

/**
 * A property of the peer whose effect is not modelled: it is known, with its default, and any other value is refused
 * rather than ignored.
 */
function unmodelled<T>(property: Property<T>): Property<T> {
  return {
    ...property,
    parse(value, name, owner, form) {
      const parsed = property.parse(value, name, owner, form);
      if (parsed !== property.default) throw machineErrors.PROPERTY_UNMODELLED(owner, name, String(property.default));
      return parsed;
    },
  };
}

/** The same property with another default. */
function fallback<T>(property: Property<T>, value: T): Property<T> {
  return { ...property, default: value };
}

/** Builders of properties: `properties: { guid: prop.string(undefined), intremap: prop.choice("OnOffAuto", […], "auto") }`. */
export const prop = {
  bool,
  unsigned,
  signed,
  size,
  wideSize,
  string,
  choice,
  link,
  readonly,
  absent,
  inner,
  late,
  custom,
  required,
  unmodelled,
  fallback,
};

/** Decimal, `0x` hexadecimal or `0` octal, as C reads it; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  const match = /^[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(text);
  if (match === null) return undefined;
  const digits = match[2] ?? "";
  const octal = /^0[0-7]+$/.test(digits);
  const number = octal ? Number.parseInt(digits, 8) : Number(digits);
  return match[1] === "-" && number !== 0 ? -number : number;
}

/** Reads a value; what is wrong with it is wrong at its name. */
function parseAt<T>(property: Property<T>, value: OptionValue, name: string, owner: string, form: ValueForm): T {
  try {
    return property.parse(value, name, owner, form);
  } catch (failure) {
    throw asBackplaneError(failure).at([name]);
  }
}

/** Reads all values of a table. Unknown names are refused with the peer's text. */
export function parseProperties<P extends PropertyTable>(
  table: P,
  values: OptionValues,
  owner: string,
  form: ValueForm = "config",
): PropertyValues<P> {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(table)) result[name] = table[name]?.default;
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(table, name) ? table[name] : undefined;
    if (property === undefined) {
      throw machineErrors
        .PROPERTY_NOT_FOUND(owner, name)
        .at([name])
        .advise(suggest(name, Object.keys(table)));
    }
    result[name] = parseAt(property, value, name, owner, form);
  }
  return result as PropertyValues<P>;
}

/**
 * Reads the values of an object (`-object`, `object-add`): in the table's order, with what must be given, and in the
 * words that the peer has for objects.
 */
export function parseObjectProperties<P extends PropertyTable>(
  table: P,
  values: OptionValues,
  owner: string,
  form: ValueForm = "config",
): PropertyValues<P> {
  const result: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(table)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      if (property.required === true) throw machineErrors.PROPERTY_MISSING(name);
      result[name] = property.default;
    } else result[name] = parseAt(property, value, name, owner, form);
  }
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(table, name)) continue;
    const error = form === "opts" ? machineErrors.PROPERTY_INVALID(name) : machineErrors.PROPERTY_UNEXPECTED(name);
    throw error.at([name]).advise(suggest(name, Object.keys(table)));
  }
  return result as PropertyValues<P>;
}
