import type { JsonValue } from "backplane";
import { h, type HumanCommand, type HumanCommands } from "./contract.ts";
import { command } from "./define.ts";
import { hmpErrors } from "./errors.ts";
import type { OverQmp } from "./over-qmp.ts";
import { listOf, objectOf, textOf } from "./reply.ts";

/** How often somebody who waits for a migration looks at it. */
const LOOK_MS = 100;

/** Commands that begin, steer and end migrations. */
export function migration(over: OverQmp, table: HumanCommands): HumanCommand[] {
  return [
    command({
      name: "migrate",
      needs: "migrate",
      params: "[-d] [-r] uri",
      summary: "migrates to a place; -d: without waiting for the end, -r: goes on with one that was paused",
      arguments: { detach: h.flag("d"), resume: h.flag("r"), uri: h.text },
      async run({ detach, resume, uri }, { interactive }) {
        await table.query("migrate", { uri, resume });
        if (detach) return "";
        if (!interactive) return "terminal does not allow synchronous migration, continuing detached\n";
        return waitForEnd(table);
      },
    }),
    over.act("migrate_cancel", "migrate_cancel", "ends the migration that runs"),
    over.act("migrate_pause", "migrate-pause", "pauses a migration in its postcopy phase"),
    over.act("migrate_start_postcopy", "migrate-start-postcopy", "goes over to the postcopy phase"),
    command({
      name: "migrate_continue",
      needs: "migrate-continue",
      params: "state",
      summary: "lets a migration go on that waits in a state",
      arguments: { state: h.text },
      run: ({ state }) => perform(over, "migrate-continue", { state }, state),
    }),
    withUri(over, "migrate_incoming", "migrate-incoming", "takes the migration that -incoming defer waits for"),
    withUri(over, "migrate_recover", "migrate-recover", "goes on with an incoming migration that was paused"),
    command({
      name: "migrate_set_capability",
      needs: "migrate-set-capabilities",
      params: "capability state",
      summary: "says what migrations may use",
      arguments: { capability: h.text, state: h.onOff },
      run: ({ capability, state }) =>
        perform(over, "migrate-set-capabilities", { capabilities: [{ capability, state }] }, capability),
      complete: (words) => completions(table, words, "query-migrate-capabilities"),
    }),
    command({
      name: "migrate_set_parameter",
      needs: "migrate-set-parameters",
      params: "parameter value",
      summary: "sets a figure that migrations keep to",
      arguments: { parameter: h.text, value: h.text },
      run: ({ parameter, value }) => setParameter(over, table, parameter, value),
      complete: (words) => completions(table, words, "query-migrate-parameters"),
    }),
  ];
}

function withUri(over: OverQmp, name: string, qmp: string, summary: string): HumanCommand {
  return command({
    name,
    needs: qmp,
    params: "uri",
    summary,
    arguments: { uri: h.text },
    run: ({ uri }) => over.perform(qmp, { uri }),
  });
}

/** What is no word of an enumeration is told without the name of the argument. */
async function perform(
  over: OverQmp,
  qmp: string,
  args: Parameters<OverQmp["perform"]>[1],
  word: string,
): Promise<string> {
  try {
    return await over.perform(qmp, args);
  } catch (failure) {
    const isChoice = failure instanceof Error && failure.message.endsWith(`does not accept value '${word}'`);
    throw isChoice ? hmpErrors.HUMAN_VALUE(word) : failure;
  }
}

async function waitForEnd(table: HumanCommands): Promise<string> {
  for (;;) {
    const { status, "error-desc": reason } = objectOf(await table.query("query-migrate"));
    if (status !== undefined && status !== "active" && status !== "setup") {
      return reason === undefined ? "" : `${textOf(reason)}\n`;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** In mebibytes unless a unit says something else. */
const IN_MEBIBYTES = new Set(["max-bandwidth", "avail-switchover-bandwidth"]);
const UNITS = "BKMGTPE";

async function setParameter(over: OverQmp, table: HumanCommands, name: string, text: string): Promise<string> {
  const now = objectOf(await table.query("query-migrate-parameters"));
  if (name === "block-bitmap-mapping") throw hmpErrors.BITMAP_MAPPING();
  if (!Object.hasOwn(now, name)) throw hmpErrors.HUMAN_VALUE(name);
  return over.perform("migrate-set-parameters", { [name]: readValue(name, text, now[name]) });
}

/** A value of the type that the parameter has now. */
function readValue(name: string, text: string, now: JsonValue | undefined): JsonValue {
  if (typeof now === "string") return text;
  if (typeof now === "boolean") {
    if (text !== "on" && text !== "off") throw hmpErrors.HUMAN_SWITCH(name);
    return text === "on";
  }
  const isBandwidth = IN_MEBIBYTES.has(name);
  const size = readSize(text, isBandwidth ? "M" : "B");
  if (size !== undefined && size >= 0 && size < 2 ** 64) return size;
  if (isBandwidth) throw hmpErrors.HUMAN_BANDWIDTH(text);
  throw size === undefined ? hmpErrors.HUMAN_SIZE(name) : hmpErrors.HUMAN_SIZE_RANGE(name, text);
}

function readSize(text: string, unit: string): number | undefined {
  const found = /^(-?)(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)([bkmgtpeBKMGTPE]?)$/.exec(text);
  if (found === null) return undefined;
  const [, sign = "", digits = "", given = ""] = found;
  const scale = 1024 ** UNITS.indexOf((given === "" ? unit : given).toUpperCase());
  return (sign === "" ? 1 : -1) * Math.trunc(Number(digits) * scale);
}

/** The names of capabilities or of parameters, and `on` and `off` behind a capability. */
function completions(table: HumanCommands, words: readonly string[], query: string): string[] {
  const isCapability = query === "query-migrate-capabilities";
  if (words.length === 2) return isCapability ? ["on", "off"] : [];
  const reply = table.query(query);
  if (words.length !== 1 || reply instanceof Promise) return [];
  return isCapability ? listOf(reply).map(({ capability }) => textOf(capability)) : Object.keys(objectOf(reply));
}
