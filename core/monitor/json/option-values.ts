import type { OptionValue, OptionValues } from "../../machine/property.ts";
import type { JsonObject, JsonValue } from "../contract.ts";

/** The members of a message as values of properties. A double that is told from an integer stays none. */
export function optionValues(values: JsonObject): OptionValues {
  const result: Record<string, OptionValue> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) result[name] = optionValue(value);
  return result;
}

function optionValue(value: JsonValue): OptionValue {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => optionValue(item));
  return optionValues(value as JsonObject);
}
