import type { OptionValue } from "../machine/property.ts";

/**
 * An option of QEMU's command line that a plugin owns: `-acpitable sig=…` becomes something under the plugin's key.
 * The values of all occurrences are given at once, in order, so that the plugin decides how they combine.
 */
export interface CommandLineOption {
  /** Without dashes: `acpitable`. */
  readonly name: string;
  /** `none` takes no argument; `keyval` is `a=b,c=d` (a doubled comma stands for one); `text` is taken as it is. */
  readonly argument: "none" | "text" | "keyval";
  /** The key that a leading value without `=` stands for, as in `-numa node,…`. */
  readonly implied?: string;
  /** Lines for `-help`. */
  readonly help: string;
  /** What the option adds to the plugin's options: the occurrences, parsed. */
  toOptions(occurrences: readonly CommandLineOccurrence[]): { readonly [key: string]: unknown };
  /** Throws what is wrong with the occurrences where the machine type goes without the plugin. By default nothing is. */
  checkUnused?(occurrences: readonly CommandLineOccurrence[]): void;
}

export interface CommandLineOccurrence {
  /** As written, for error messages: `-acpitable sig=FI1A,data=x`. */
  readonly text: string;
  readonly argument: string;
  /** For `keyval`: the pairs in order; a key may come twice. */
  readonly pairs: readonly { readonly key: string; readonly value: OptionValue }[];
}
