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
  UNTOLD_SHAPE: {
    text: (text: string) =>
      `--untold ${text}: a subscriber and a kind of notification are wanted, as in migration/ram:resized`,
    help: "What --untold is given is the name of a subscriber, a colon, and a kind of notification.",
  },
  UNTOLD_KIND: {
    text: (kind: string) => `there is no kind of notification '${kind}'`,
    help: "Blocks are added, resized, renamed (idstr), made migratable or not, and removed; host mappings are added and removed.",
  },
  UNTOLD_SUBSCRIBER: {
    text: (name: string) => `no plugin of this machine registers a notifier '${name}'`,
    help: "Subscribers have the names that `backplane notifiers` prints.",
  },
  UNTOLD_IGNORED: {
    text: (name: string, kind: string, why: string) => `'${name}' does not hear '${kind}': ${why}`,
    help: "Nothing can break where a subscriber takes no notice anyway.",
  },
});
