import { defineErrors } from "../errors.ts";

export const pluginErrors = defineErrors({
  PLUGIN_API_VERSION: {
    text: (id: string, version: unknown) =>
      `plugin '${id}' is written for plugin API ${String(version)}; this is API 1`,
    help: "The plugin was written for another version of Backplane.",
  },
  PLUGIN_DUPLICATE: {
    text: (id: string) => `plugin '${id}' is listed twice`,
    help: "Two plugins of one machine have the same id.",
  },
  PLUGIN_CYCLE: {
    text: (ids: readonly string[]) => `plugins need each other in a circle: ${ids.join(" → ")}`,
    help: "The `requires` and `uses` of some plugins lead back to where they start.",
  },
  PLUGIN_TOKEN_MISSING: {
    text: (id: string, token: string) => `plugin '${id}' requires ${token}, which no plugin of this machine provides`,
    help: "Add the plugin that provides the token.",
  },
  PLUGIN_TOKEN_DOUBLED: {
    text: (token: string, first: string, second: string) => `${token} is provided by both '${first}' and '${second}'`,
    help: "Two plugins of one machine provide the same token. Remove one.",
  },
  TOKEN_UNDECLARED: {
    text: (id: string, token: string, list: string) =>
      `plugin '${id}' uses ${token} without listing it under '${list}'`,
    help: "A plugin's code uses or provides a token that its manifest does not list.",
  },
  PLUGIN_PROVIDES_NOTHING: {
    text: (id: string, token: string) =>
      `plugin '${id}' lists ${token} under 'provides' but its attach did not provide it`,
    help: "The plugin's manifest promises a token that its code does not provide.",
  },
  PLUGIN_OPTIONS: {
    text: (path: string, message: string) => `${path}: ${message}`,
    help: "The options of a plugin do not fit its schema.",
  },
  PLUGIN_OPTIONS_ASYNC: {
    text: (id: string) => `plugin '${id}' has an options schema that validates asynchronously`,
    help: "Options are parsed before the machine is built and must validate synchronously.",
  },
  PLUGIN_UNKNOWN: {
    text: (id: string, known: readonly string[]) =>
      `'${id}' is neither a key of a definition nor a plugin of this machine; there are: ${known.join(", ")}`,
    help: "A definition has a key for a plugin that the machine does not have.",
  },
  PLUGIN_PHASE_FAILED: {
    text: (id: string, message: string) => `plugin '${id}' failed while the machine was built: ${message}`,
    help: "A plugin threw in a phase of the machine's lifecycle. Nothing of the machine stays.",
  },
  PLUGIN_ATTACH_FAILED: {
    text: (id: string, message: string) => `plugin '${id}' could not be attached: ${message}`,
    help: "A plugin threw while it was put into the machine. Nothing of the machine stays.",
  },
});
