import type { JsonObject, JsonValue } from "backplane";

/** Parts of what QMP commands answer, whose schemas say what they are. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function listOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map((each: JsonValue) => objectOf(each)) : [];
}

export function textOf(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  const isPlain = typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
  return isPlain ? String(value) : "";
}

export function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

export const hex = (value: JsonValue | undefined, digits = 0): string =>
  numberOf(value).toString(16).padStart(digits, "0");
export const onOff = (value: JsonValue | undefined): string => (value === true ? "on" : "off");
