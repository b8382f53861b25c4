import { tokenName, type Token } from "../di/token.ts";
import { pluginErrors } from "./errors.ts";
import type { AnyPlugin } from "./define-plugin.ts";

/**
 * Orders plugins so that whoever provides a token comes before whoever needs it. Independent plugins keep the order
 * of the list. Nothing is run: missing, doubled and cyclic tokens are found from the manifests alone.
 */
export function orderPlugins(plugins: readonly AnyPlugin[], coreTokens: ReadonlySet<Token<unknown>>): AnyPlugin[] {
  const byId = new Map<string, AnyPlugin>();
  const providers = new Map<Token<unknown>, AnyPlugin>();
  for (const plugin of plugins) {
    if ((plugin.apiVersion as number) !== 1) {
      throw pluginErrors.PLUGIN_API_VERSION(plugin.id, plugin.apiVersion).inPlugin(plugin.id);
    }
    if (byId.has(plugin.id)) throw pluginErrors.PLUGIN_DUPLICATE(plugin.id).inPlugin(plugin.id);
    byId.set(plugin.id, plugin);
    for (const token of plugin.provides ?? []) {
      const other = providers.get(token);
      if (other !== undefined) {
        throw pluginErrors.PLUGIN_TOKEN_DOUBLED(tokenName(token), other.id, plugin.id).inPlugin(plugin.id);
      }
      providers.set(token, plugin);
    }
  }
  const ordered: AnyPlugin[] = [];
  const state = new Map<AnyPlugin, "visiting" | "done">();
  const visit = (plugin: AnyPlugin, trail: readonly string[]): void => {
    const seen = state.get(plugin);
    if (seen === "done") return;
    if (seen === "visiting") {
      const circle = [...trail.slice(trail.indexOf(plugin.id)), plugin.id];
      throw pluginErrors.PLUGIN_CYCLE(circle).inPlugin(lastOf(plugins, circle));
    }
    state.set(plugin, "visiting");
    for (const token of [...(plugin.requires ?? []), ...(plugin.uses ?? [])]) {
      if (coreTokens.has(token)) continue;
      const provider = providers.get(token);
      if (provider !== undefined) {
        if (provider !== plugin) visit(provider, [...trail, plugin.id]);
      } else if (plugin.requires?.includes(token) === true) {
        throw pluginErrors.PLUGIN_TOKEN_MISSING(plugin.id, tokenName(token)).inPlugin(plugin.id);
      }
    }
    state.set(plugin, "done");
    ordered.push(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return ordered;
}

/** Of the plugins of a circle, the one that was listed last: without it there was none. */
function lastOf(plugins: readonly AnyPlugin[], ids: readonly string[]): string {
  return plugins.findLast(({ id }) => ids.includes(id))?.id ?? "";
}
