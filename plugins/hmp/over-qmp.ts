import type { JsonObject, JsonValue } from "backplane";
import type { HumanCommand, HumanCommands } from "./contract.ts";
import { listOf, objectOf, textOf } from "./reply.ts";

/** The ways in which a human command stands on a QMP command. It is there while that is. */
export class OverQmp {
  readonly #table: HumanCommands;

  constructor(table: HumanCommands) {
    this.#table = table;
  }

  /** Does what a QMP command without arguments does, and prints nothing. */
  act(name: string, qmp: string, summary: string, preconfig = false): HumanCommand {
    return { name, summary, needs: qmp, preconfig, run: () => this.perform(qmp) };
  }

  /** Shows what a QMP query answers. */
  show(
    name: string,
    qmp: string,
    summary: string,
    format: (reply: JsonValue) => string,
    preconfig = false,
  ): HumanCommand {
    return {
      name,
      summary,
      needs: qmp,
      preconfig,
      run: async () => format(await this.#table.query(qmp)),
    };
  }

  /** Shows the text that a QMP query made for people. */
  showText(name: string, qmp: string, summary: string): HumanCommand {
    return this.show(name, qmp, summary, (reply) => textOf(objectOf(reply)["human-readable-text"]));
  }

  /** The same, where a machine without the query has a text of its own. */
  showTextOr(name: string, qmp: string, summary: string, otherwise: string): HumanCommand {
    return {
      name,
      summary,
      run: async () =>
        this.#table.has(qmp) ? textOf(objectOf(await this.#table.query(qmp))["human-readable-text"]) : otherwise,
    };
  }

  /** The processors that are there, as `query-cpus-fast` tells them. */
  processors(): readonly JsonObject[] {
    const reply = this.#table.has("query-cpus-fast") ? this.#table.query("query-cpus-fast") : [];
    return reply instanceof Promise ? [] : listOf(reply);
  }

  async perform(qmp: string, args: JsonObject = {}): Promise<string> {
    await this.#table.query(qmp, args);
    return "";
  }
}
