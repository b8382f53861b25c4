import { injectedTokens, tokenName, type Container, type InjectableClass, type Token } from "../di/index.ts";
import { asBackplaneError, BackplaneError, type Origin } from "../errors.ts";
import type { Disposable, Ownership } from "../disposable.ts";
import type { Logger } from "../log.ts";
import type { MachineDefinition } from "../config/definition.ts";
import { configErrors } from "../config/errors.ts";
import { faultOf, type Fault } from "../config/issue.ts";
import { formatPath } from "../config/path.ts";
import { LIFECYCLE, type Lifecycle } from "../machine/lifecycle.ts";
import type { AnyPlugin, PluginMachine } from "./define-plugin.ts";
import { pluginErrors } from "./errors.ts";

/** A plugin with its options read: ready to be attached. */
export interface PreparedPlugin {
  readonly plugin: AnyPlugin;
  readonly options: unknown;
}

/** Reads the options of all plugins before the first is attached. Throws `PLUGIN_OPTIONS`, `PLUGIN_UNKNOWN`. */
export function prepareOptions(plugins: readonly AnyPlugin[], definition: MachineDefinition): PreparedPlugin[] {
  const ids = plugins.map((plugin) => plugin.id);
  for (const [key, given] of Object.entries(definition.options)) {
    if (!ids.includes(key)) throw pluginErrors.PLUGIN_UNKNOWN(key, ids.toSorted()).from(given.origin);
  }
  return plugins.map((plugin) => ({ plugin, options: parseOptions(plugin, definition.options[plugin.id]) }));
}

function parseOptions(
  plugin: AnyPlugin,
  given: { readonly value: unknown; readonly origin?: Origin } | undefined,
): unknown {
  if (plugin.options === undefined) {
    if (given === undefined) return undefined;
    throw pluginErrors.PLUGIN_OPTIONS(plugin.id, "this plugin has no options").inPlugin(plugin.id).from(given.origin);
  }
  const result = plugin.options["~standard"].validate(given?.value ?? {});
  if (result instanceof Promise) throw pluginErrors.PLUGIN_OPTIONS_ASYNC(plugin.id);
  if (result.issues === undefined) return result.value;
  const fault = faultOf(result.issues, plugin.options);
  // What is missing is missing where it should be.
  const path = fault.kind === "missing" ? fault.path.slice(0, -1) : fault.path;
  throw pluginErrors
    .PLUGIN_OPTIONS(formatPath([plugin.id, ...path]), messageOfFault(fault))
    .inPlugin(plugin.id)
    .at(path)
    .from(given?.origin);
}

function messageOfFault({ kind, path, expected, received, instead, message }: Fault): string {
  if (message !== undefined) return message;
  const key = String(path.at(-1));
  if (kind === "unknown") return configErrors.CONFIG_KEY_UNKNOWN(key, instead).message;
  if (kind === "missing") return configErrors.CONFIG_KEY_MISSING(key).message;
  return configErrors.CONFIG_VALUE(expected, received).message;
}

/** Attaches one plugin. What it owned is released by the caller's ownership when this throws. */
export function attachPlugin(
  { plugin, options }: PreparedPlugin,
  services: {
    readonly container: Container;
    readonly coreTokens: ReadonlySet<Token<unknown>>;
    readonly definition: MachineDefinition;
    readonly ownership: Ownership;
    readonly log: Logger;
  },
): void {
  const provided = new Set<Token<unknown>>();
  const machine = new PluginContext(plugin, provided, services);
  try {
    plugin.attach(machine, options as never);
  } catch (failure) {
    throw attributed(failure, plugin.id, services.definition);
  }
  const missing = plugin.provides?.find((token) => !provided.has(token));
  if (missing !== undefined)
    throw pluginErrors.PLUGIN_PROVIDES_NOTHING(plugin.id, tokenName(missing)).inPlugin(plugin.id);
}

function attributed(
  failure: unknown,
  id: string,
  definition: MachineDefinition,
  what: "PLUGIN_ATTACH_FAILED" | "PLUGIN_PHASE_FAILED" = "PLUGIN_ATTACH_FAILED",
): BackplaneError {
  let error = asBackplaneError(failure);
  if (error.code === "INTERNAL") {
    const { code, message } = pluginErrors[what](id, error.message);
    error = new BackplaneError(code, message, { cause: failure });
  }
  return error.inPlugin(id).from(definition.options[id]?.origin);
}

class PluginContext implements PluginMachine {
  readonly definition: MachineDefinition;
  readonly log: Logger;
  readonly #plugin: AnyPlugin;
  readonly #provided: Set<Token<unknown>>;
  readonly #container: Container;
  readonly #coreTokens: ReadonlySet<Token<unknown>>;
  readonly #ownership: Ownership;

  constructor(plugin: AnyPlugin, provided: Set<Token<unknown>>, services: Parameters<typeof attachPlugin>[1]) {
    this.#plugin = plugin;
    this.#provided = provided;
    this.#container = services.container;
    this.#coreTokens = services.coreTokens;
    this.#ownership = services.ownership;
    this.definition = services.definition;
    this.log = services.log.named(plugin.id);
  }

  use<T>(token: Token<T>): T {
    this.#requireDeclared(token, "requires");
    const service = this.#container.resolve(token);
    return token === LIFECYCLE ? (this.#attributing(service as Lifecycle) as T) : service;
  }

  /** The machine's lifecycle; what a listener throws carries the plugin's id and points at the plugin's key. */
  #attributing(lifecycle: Lifecycle): Lifecycle {
    const owned = (failure: unknown): BackplaneError =>
      attributed(failure, this.#plugin.id, this.definition, "PLUGIN_PHASE_FAILED");
    const guarded = (task: () => Promise<void>) => async (): Promise<void> => {
      try {
        await task();
      } catch (failure) {
        throw owned(failure);
      }
    };
    return {
      get reached() {
        return lifecycle.reached;
      },
      on: (phase, listener) =>
        lifecycle.on(phase, () => {
          try {
            listener();
          } catch (failure) {
            throw owned(failure);
          }
        }),
      onStart: (task) => lifecycle.onStart(guarded(task)),
      onComplete: (task) => lifecycle.onComplete(guarded(task)),
    };
  }

  optional<T>(token: Token<T>): T | undefined {
    this.#requireDeclared(token, "uses");
    return this.#container.has(token) ? this.#container.resolve(token) : undefined;
  }

  provide<T>(token: Token<T>, implementation: InjectableClass<T>): void {
    this.#requireListed(token);
    for (const needed of injectedTokens(implementation)) this.#requireDeclared(needed, "requires");
    this.#container.provideClass(token, implementation);
    this.#provided.add(token);
  }

  provideValue<T>(token: Token<T>, value: T): void {
    this.#requireListed(token);
    this.#container.provideValue(token, value);
    this.#provided.add(token);
  }

  create<T>(implementation: InjectableClass<T>): T {
    for (const needed of injectedTokens(implementation)) this.#requireDeclared(needed, "requires");
    return this.#container.instantiate(implementation);
  }

  own<T extends Disposable>(resource: T): T {
    return this.#ownership.own(resource);
  }

  #requireListed(token: Token<unknown>): void {
    if (this.#plugin.provides?.includes(token) !== true) {
      throw pluginErrors.TOKEN_UNDECLARED(this.#plugin.id, tokenName(token), "provides");
    }
  }

  #requireDeclared(token: Token<unknown>, list: "requires" | "uses"): void {
    const declared =
      this.#coreTokens.has(token) ||
      this.#plugin.requires?.includes(token) === true ||
      this.#plugin.provides?.includes(token) === true ||
      (list === "uses" && this.#plugin.uses?.includes(token) === true);
    if (!declared) throw pluginErrors.TOKEN_UNDECLARED(this.#plugin.id, tokenName(token), list);
  }
}
