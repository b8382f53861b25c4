import { token, type Disposable, type JsonObject, type JsonValue } from "backplane";
import type { HumanArguments, HumanValues } from "./arguments.ts";

export { h } from "./arguments.ts";
export { readOptions } from "./options-text.ts";
export type { DisplayFormat, HumanArgument, HumanArguments, HumanType, HumanValues } from "./arguments.ts";

/** Who has typed a command: a monitor, or `human-monitor-command` for the time of one line. */
export interface HumanClient {
  /** The processor that `cpu` or `cpu-index` has chosen; undefined: none has been, and the first one is meant. */
  cpu: number | undefined;
  /** Lines that this monitor has been given, oldest first; none for `human-monitor-command`. */
  readonly history: readonly string[];
  /** Whether somebody sits there, so that a command may take its time (`migrate` without `-d`). */
  readonly interactive: boolean;
}

/** A command of the human monitor. */
export interface HumanCommand<A extends HumanArguments = HumanArguments> {
  /** With its short forms, as messages of the peer name it: `stop|s`. A command below `info`: `info mtree`. */
  readonly name: string;
  /** What stands behind the name in a help text: `[-f][-d]`. */
  readonly params?: string;
  /** One line for `help`, in our own words. */
  readonly summary: string;
  /** None: the command takes none. */
  readonly arguments?: A;
  /** May be given before the machine is built. */
  readonly preconfig?: boolean;
  /** The command is only there while a QMP command of this name is. */
  readonly needs?: string;
  /**
   * Returns what it prints, with `\n` for line ends. A `BackplaneError` that it throws is printed as `Error: text`.
   * Arguments have been read by then.
   */
  run(args: HumanValues<A>, client: HumanClient): string | Promise<string>;
  /** What the last of the words may become; the words before it are complete. */
  complete?(words: readonly string[]): readonly string[];
}

/** The commands of the human monitor. What is not here is unknown. */
export interface HumanCommands {
  add<A extends HumanArguments>(command: HumanCommand<A>): Disposable;
  /** Runs a line as `human-monitor-command` does, and returns what it prints, with `\n` for line ends. */
  execute(line: string, client?: HumanClient): Promise<string>;
  /** Runs a QMP command by name with arguments that are checked, as a human command that shows its result does. */
  query(command: string, args?: JsonObject): JsonValue | Promise<JsonValue>;
  /** Whether there is a QMP command of that name. */
  has(command: string): boolean;
}
export const HUMAN_COMMANDS = token<HumanCommands>("HUMAN_COMMANDS");
