import type { JsonObject, JsonValue } from "../contract.ts";
import { membersInOrder } from "./dictionary-order.ts";
import { JsonDouble } from "./double.ts";

/** JSON as the peer writes it: ASCII, a space after `:` and `,`, members in the order of its dictionaries. */
export function writeJson(value: JsonValue, pretty = false): string {
  return pretty ? write(value, "\n") : write(value, undefined);
}

/** `newline` is a line feed and the present indentation, or undefined for one line. */
function write(value: JsonValue, newline: string | undefined): string {
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return formatNumber(value);
  if (isDouble(value)) return formatNumber(value.value);
  const inner = newline === undefined ? undefined : `${newline}    `;
  const items = isList(value)
    ? value.map((item) => write(item, inner))
    : membersInOrder(value).map(([name, member]) => `${quote(name)}: ${write(member, inner)}`);
  const [open, close] = isList(value) ? "[]" : "{}";
  if (newline === undefined) return `${open}${items.join(", ")}${close}`;
  return `${open}${items.map((item) => inner + item).join(",")}${newline}${close}`;
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isDouble(value: unknown): value is JsonDouble {
  return value instanceof JsonDouble;
}

const ESCAPES: { readonly [character: string]: string } = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function quote(text: string): string {
  // UTF-16 units are what is written for characters beyond the basic plane: a pair of surrogates.
  // eslint-disable-next-line no-control-regex
  const escaped = text.replace(/["\\\u0000-\u001f\u007f-\uffff]/g, (unit) => {
    return ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  });
  return `"${escaped}"`;
}

/** A number as C's `%.17g` prints a double; whole numbers that are exact have no other form. */
function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [mantissa = "", exponent = "+0"] = value.toExponential(16).split("e");
  if (Number(exponent) >= -4 && Number(exponent) < 17)
    return value.toPrecision(17).replace(/\.0+$|(\.[0-9]*?)0+$/, "$1");
  return `${mantissa.replace(/\.?0+$/, "")}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, "0")}`;
}
