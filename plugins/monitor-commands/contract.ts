import { token, type Disposable } from "backplane";

/** A command of the human monitor, as `human-monitor-command` runs it. */
export interface HumanCommand {
  /** `info ramblock`, `stop`. */
  readonly name: string;
  /** The name with its short form, which is how the peer calls it in messages: `stop|s`. */
  readonly title?: string;
  /** Returns what it prints, with `\n` for line ends. */
  run(): string | Promise<string>;
}

/** Commands of the human monitor that take no arguments. What is not here is unknown. */
export interface HumanCommands {
  add(command: HumanCommand): Disposable;
}
export const HUMAN_COMMANDS = token<HumanCommands>("HUMAN_COMMANDS");
