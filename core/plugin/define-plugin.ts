import type { Token } from "../di/token.ts";
import type { InjectableClass } from "../di/index.ts";
import type { Disposable } from "../disposable.ts";
import type { Logger } from "../log.ts";
import type { MachineDefinition } from "../config/definition.ts";
import type { SubscriberManifest } from "../memory/ram-block-positions.ts";
import type { CommandLineOption } from "./command-line.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** What can be read of a plugin without running it. */
export interface PluginManifest {
  /** Also folder, config key, test folder and error prefix: `migration/ram`. */
  readonly id: string;
  readonly apiVersion: 1;
  /** One line for `backplane plugins` and the docs. */
  readonly summary: string;
  /** Tokens that must be provided by another plugin of the machine; it is attached first. */
  readonly requires?: readonly Token<unknown>[];
  /** Like `requires` where some plugin provides it; absent otherwise (`machine.optional`). */
  readonly uses?: readonly Token<unknown>[];
  /** Tokens that `attach` provides. */
  readonly provides?: readonly Token<unknown>[];
  /** The notifiers that it registers, and their positions on every kind of notification. */
  readonly hears?: readonly SubscriberManifest[];
  /** Options of QEMU's command line that this plugin understands, and what they come to in a definition. */
  readonly commandLine?: readonly CommandLineOption[];
}

/** A plugin: a manifest, and one function that puts it into a machine. */
export interface Plugin<Options> extends PluginManifest {
  /** A Standard Schema (valibot, zod, arktype, …) for the plugin's key in a definition. */
  readonly options?: StandardSchema<Options>;
  /** Registers what the plugin brings. Runs once per machine, before anything of the machine exists. */
  attach(machine: PluginMachine, options: Options): void;
}

/** Some plugin, whatever its options: they reach `attach` only through its own schema. */
export interface AnyPlugin extends PluginManifest {
  readonly options?: StandardSchema<unknown>;
  attach(machine: PluginMachine, options: never): void;
}

/** The machine as a plugin sees it while it is attached; also a handle for later. */
export interface PluginMachine {
  readonly definition: MachineDefinition;
  /** A service: one of core's, or one that the manifest lists under `requires`. Throws `TOKEN_UNDECLARED`. */
  use<T>(token: Token<T>): T;
  /** A service that the manifest lists under `uses`; undefined when no plugin provides it. */
  optional<T>(token: Token<T>): T | undefined;
  /** Provides what the manifest lists under `provides`: a class to inject into, or a value. */
  provide<T>(token: Token<T>, implementation: InjectableClass<T>): void;
  provideValue<T>(token: Token<T>, value: T): void;
  /** Makes an `@injectable()` class. Its tokens must be declared like those of `use`. */
  create<T>(implementation: InjectableClass<T>): T;
  /** Hands over a resource: released when the machine goes, or at once when attach fails; newest first. */
  own<T extends Disposable>(resource: T): T;
  readonly log: Logger;
}

/** Declares a plugin. The default export of a plugin's `index.ts`. */
export function definePlugin<Options = undefined>(plugin: Plugin<Options>): Plugin<Options> {
  return plugin;
}
