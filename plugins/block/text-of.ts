import type { JsonValue } from "backplane";

/** A value of a reply or of options where text is wanted; nothing for what is no scalar. */
export function textOf(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ? String(value) : "";
}
