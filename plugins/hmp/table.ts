import {
  BackplaneError,
  checkArguments,
  disposable,
  type Commands,
  type Disposable,
  type JsonObject,
  type JsonValue,
  type Logger,
} from "backplane";
import { ArgumentReader } from "./argument-reader.ts";
import type { HumanArguments } from "./arguments.ts";
import type { HumanClient, HumanCommand, HumanCommands } from "./contract.ts";
import { DisplayFormats } from "./display-format.ts";
import { hmpErrors } from "./errors.ts";
import { HumanSyntaxError, isBlank, type Registers } from "./expression.ts";

/** The command below which the queries stand. */
const INFO = "info";

export interface TableServices {
  readonly commands: Commands;
  readonly log: Logger;
  /** The machine stands; before, only some commands may be given. */
  readonly isReady: () => boolean;
  /** Registers of the processor that a client looks at. */
  readonly registers: (client: HumanClient) => Registers;
}

/** Words that a line begins with, found to be a command, and where the rest begins. */
interface Found {
  readonly command: HumanCommand;
  readonly end: number;
}

/** The human monitor's commands, and their reading of a line. */
export class HumanCommandTable implements HumanCommands {
  readonly #services: TableServices;
  readonly #formats = new DisplayFormats();
  readonly #top = new Map<string, HumanCommand>();
  readonly #info = new Map<string, HumanCommand>();

  constructor(services: TableServices) {
    this.#services = services;
  }

  add<A extends HumanArguments>(command: HumanCommand<A>): Disposable {
    const { table, key } = this.#place(command.name);
    if (table.has(key)) throw hmpErrors.HUMAN_COMMAND_DUPLICATE(command.name);
    // Arguments are read by its own declaration before it runs, so the general signature is safe.
    table.set(key, command);
    return disposable(() => {
      table.delete(key);
    });
  }

  async execute(line: string, client: HumanClient = oneLine()): Promise<string> {
    try {
      const found = this.#find(line);
      return found === undefined ? "" : await this.#run(found, line, client);
    } catch (failure) {
      if (failure instanceof HumanSyntaxError) return cString(`${failure.message}\n`);
      if (!(failure instanceof BackplaneError)) this.#services.log.error("a human command failed", { error: failure });
      const hints = failure instanceof BackplaneError ? failure.hints : [];
      const text = failure instanceof Error ? failure.message : String(failure);
      return [`Error: ${text}`, ...hints].map((each) => `${each}\n`).join("");
    }
  }

  query(name: string, args: JsonObject = {}): JsonValue | Promise<JsonValue> {
    const command = this.#services.commands.find(name);
    if (command === undefined) throw hmpErrors.HUMAN_QUERY_ABSENT(name);
    const result = command.run(checkArguments(command.arguments, args), {
      id: "hmp",
      onClose: () => disposable(() => undefined),
    });
    if (result instanceof Promise) return result.then((value) => value ?? {});
    return result ?? {};
  }

  has(name: string): boolean {
    return this.#services.commands.find(name) !== undefined;
  }

  /** The commands that may be given now, by name; those below `info` when that is wanted. */
  available(below?: typeof INFO): readonly HumanCommand[] {
    return [...(below === INFO ? this.#info : this.#top).values()]
      .filter((command) => this.#isThere(command) && this.#isAllowed(command))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** A command by one of its names. */
  find(word: string, below?: typeof INFO): HumanCommand | undefined {
    const table = below === INFO ? this.#info : this.#top;
    const exact = table.get(word) ?? [...table.values()].find(({ name }) => name.split("|").includes(word));
    return exact !== undefined && this.#isThere(exact) ? exact : undefined;
  }

  #place(name: string): { readonly table: Map<string, HumanCommand>; readonly key: string } {
    const prefix = `${INFO} `;
    return name.startsWith(prefix)
      ? { table: this.#info, key: name.slice(prefix.length) }
      : { table: this.#top, key: name };
  }

  #isThere({ needs }: HumanCommand): boolean {
    return needs === undefined || this.has(needs);
  }

  #isAllowed({ preconfig }: HumanCommand): boolean {
    return preconfig === true || this.#services.isReady();
  }

  /** Undefined for a blank line. Throws what the peer says of a name that there is not. */
  #find(line: string): Found | undefined {
    const top = this.#name(line, 0, undefined);
    if (top === undefined) return undefined;
    if (top.command.name !== INFO || top.end >= line.length) return top;
    return this.#name(line, top.end, INFO) ?? top;
  }

  #name(line: string, from: number, below: typeof INFO | undefined): Found | undefined {
    let start = from;
    while (isBlank(line[start])) start++;
    if (start >= line.length) return undefined;
    let end = start;
    while (end < line.length && line[end] !== "/" && !isBlank(line[end])) end++;
    const command = this.find(line.slice(start, end), below);
    if (command === undefined) throw new HumanSyntaxError(`unknown command: '${line.slice(0, end)}'`);
    if (!this.#isAllowed(command)) {
      throw new HumanSyntaxError(
        `Command '${line.slice(0, end)}' not available until machine initialization has completed.`,
      );
    }
    while (isBlank(line[end])) end++;
    return { command, end };
  }

  async #run({ command, end }: Found, line: string, client: HumanClient): Promise<string> {
    const title = command.name.startsWith(`${INFO} `) ? command.name.slice(INFO.length + 1) : command.name;
    const reader = new ArgumentReader(title, line.slice(end), this.#formats, this.#services.registers(client));
    let values;
    try {
      values = reader.read(command.arguments ?? {});
    } catch (failure) {
      if (!(failure instanceof HumanSyntaxError)) throw failure;
      const given = line.slice(0, end).trimEnd();
      return `${cString(`${failure.message}\n`)}Try "help ${given}" for more information\n`;
    }
    return command.run(values, client);
  }
}

/** What C prints of a text: up to its first zero byte. */
function cString(text: string): string {
  const at = text.indexOf("\0");
  return at < 0 ? text : text.slice(0, at);
}

/** Whoever gives one line and goes. */
export function oneLine(cpu?: number): HumanClient {
  return { cpu, history: [], interactive: false };
}
