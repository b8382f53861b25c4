import type { GenericSchema } from "valibot";
import type { AnyPlugin } from "../plugin/define-plugin.ts";
import { fileSchema } from "./schema.ts";

/**
 * The JSON Schema of definition files, with a key for every plugin that has options. A plugin whose schema is of
 * another library than ours is there with any value: Standard Schema says how to check, not how to describe.
 */
export async function definitionSchema(plugins: readonly AnyPlugin[]): Promise<object> {
  const { toJsonSchema } = await import("@valibot/to-json-schema");
  const convert = (schema: GenericSchema) => {
    const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore", typeMode: "input" });
    return rest;
  };
  const base = convert(fileSchema);
  const properties: Record<string, unknown> = { ...base.properties };
  for (const { id, summary, options } of plugins) {
    if (options === undefined) continue;
    const described = options["~standard"].vendor === "valibot" ? convert(options as unknown as GenericSchema) : {};
    properties[id] = { description: summary, ...described };
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Backplane machine definition",
    ...base,
    properties,
    additionalProperties: false,
  };
}
