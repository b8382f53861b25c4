import { COMMANDS, parseProperties, q, type OptionValues, type PluginMachine } from "backplane";
import { cpuErrors } from "./errors.ts";
import { CPU_MODELS } from "./models.ts";
import { cpuProperties } from "./properties.ts";
import { typeNameOf } from "./type-name.ts";

const MODEL = q.struct("CpuModelInfo", { name: q.str, "props?": q.any });

/** Commands that tell of models. What there is to tell is loaded when they are first executed. */
export function addQueries(machine: PluginMachine): void {
  const commands = machine.use(COMMANDS);
  machine.own(
    commands.add({
      name: "query-cpu-definitions",
      summary: "The processor models",
      arguments: q.none,
      result: q.array(
        q.struct("CpuDefinitionInfo", {
          name: q.str,
          "migration-safe?": q.bool,
          static: q.bool,
          "unavailable-features?": q.array(q.str),
          typename: q.str,
          "alias-of?": q.str,
          deprecated: q.bool,
        }),
      ),
      run: async () => (await import("./expansion.ts")).definitions(),
    }),
  );
  machine.own(
    commands.add({
      name: "query-cpu-model-expansion",
      summary: "What a processor model comes to",
      arguments: q.struct("q_obj_query-cpu-model-expansion-arg", {
        type: q.enum("CpuModelExpansionType", ["static", "full"]),
        model: MODEL,
      }),
      result: q.struct("CpuModelExpansionInfo", { model: MODEL }),
      async run({ type, model: { name, props } }) {
        if (!CPU_MODELS.has(name) && name !== "host") throw cpuErrors.CPU_MODEL_NOT_FOUND(name);
        if (props !== undefined && (typeof props !== "object" || props === null || Array.isArray(props))) {
          throw cpuErrors.CPU_MODEL_PROPERTIES();
        }
        const values = (props ?? {}) as OptionValues;
        const table = cpuProperties(name);
        const parsed: { readonly [property: string]: unknown } = parseProperties(
          table,
          values,
          typeNameOf(name),
          "json",
        );
        const given = Object.fromEntries(Object.keys(values).map((property) => [property, parsed[property]]));
        const { expand } = await import("./expansion.ts");
        // A static expansion is told on the one model that never changes.
        return { model: { name: type === "static" ? "base" : name, props: expand(name, given, type === "static") } };
      },
    }),
  );
}
