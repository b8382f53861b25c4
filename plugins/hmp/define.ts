import type { HumanArguments } from "./arguments.ts";
import type { HumanCommand } from "./contract.ts";

/** Puts a command among others: its arguments are read by its own declaration before it runs, so that is safe. */
export function command<const A extends HumanArguments>(own: HumanCommand<A>): HumanCommand {
  return own;
}
