export type { CommandLineOccurrence, CommandLineOption } from "./command-line.ts";
export { definePlugin, type AnyPlugin, type Plugin, type PluginMachine, type PluginManifest } from "./define-plugin.ts";
export { pluginErrors } from "./errors.ts";
export { orderPlugins } from "./order.ts";
export type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.ts";
