import { defineErrors } from "backplane";

export const cliErrors = defineErrors({
  SCENARIO_COMMAND: {
    text: (name: string) => `the scenario executes '${name}', which no plugin of this machine provides`,
    help: "A step of a scenario names a monitor command that the machine does not have.",
  },
  PLUGIN_NOT_FOUND: {
    text: (specifier: string, reason: string) => `cannot load plugin '${specifier}': ${reason}`,
    help: "A plugin that a definition lists could not be found from the definition's folder, or failed to load.",
  },
  PLUGIN_SHAPE: {
    text: (specifier: string) => `'${specifier}' has no plugin as its default export`,
    help: "The module that a definition lists under `plugins` must export the result of definePlugin as its default.",
  },
});
