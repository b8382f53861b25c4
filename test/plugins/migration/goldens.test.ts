import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import {
  asBackplaneError,
  checkArguments,
  COMMANDS,
  EVENTS,
  Machine,
  MiB,
  writeJson,
  type JsonObject,
  type JsonValue,
} from "backplane";
import { emptyMachineType, testDefinition } from "backplane/kit";
import mainRam from "../../../plugins/main-ram/index.ts";
import memoryBackend from "../../../plugins/memory-backend/index.ts";
import migration from "../../../plugins/migration/index.ts";
import migrationRam from "../../../plugins/migration/ram/index.ts";
import monitorCommands from "../../../plugins/monitor-commands/index.ts";
import { loadQmpGolden } from "../../peer/golden.ts";
import { maskQmp } from "../../peer/qmp-mask.ts";

/** Conversations in which ours may differ, and where: a part of what was sent. */
const CONVERSATIONS: { readonly [golden: string]: readonly string[] } = {
  "migrate-arguments": [],
  "migrate-cancel-idle": [],
  // What is not supported is refused instead of accepted.
  "migrate-capabilities": [
    '"multifd"',
    '"xbzrle"',
    '"mapped-ram"',
    '"postcopy-ram"',
    '"background-snapshot"',
    '"return-path"',
    '"zero-copy-send"',
    '"x-colo"',
    '"switchover-ack"',
    "query-migrate-capabilities",
  ],
  "migrate-exec": [],
  "migrate-exec-fails": [],
  "migrate-exec-missing": [],
  "migrate-file": [],
  "migrate-incoming-deferred": [],
  "migrate-incoming-wrong": [],
  "migrate-parameters": ['"tls-creds":"nosuch"'],
  "migrate-queries": [],
  "migrate-stuck": ['"xbzrle"'],
  "migrate-tcp-bad-port": [],
  "migrate-tcp-refused": [],
  "migrate-unix-missing": [],
};

/** The child that reads nothing need not live as long as with the peer. */
const SHORTER = ['"/bin/sleep","3"', '"/bin/sleep","1"'] as const;

const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };

async function start(args: readonly string[]): Promise<Machine> {
  const size = 64 * MiB;
  const definition = testDefinition({
    machine: { type: "none", properties: {} },
    memory: { size, slots: 0, maxSize: size },
    ...(args.includes("-incoming") ? { options: { migration: { value: { incoming: "defer" } } } } : {}),
  });
  const plugins = [mainRam, memoryBackend, migration, migrationRam, monitorCommands];
  return Machine.create(definition, { types: [{ ...emptyMachineType, name: "none", plugins }] });
}

/** Answers as a monitor does, in the peer's spelling. */
async function answer(machine: Machine, sent: string): Promise<string> {
  const { execute, arguments: args } = JSON.parse(sent) as { execute: string; arguments?: JsonObject };
  if (execute === "qmp_capabilities") return '{"return": {}}';
  try {
    const command = machine.service(COMMANDS).find(execute);
    if (command === undefined) throw new Error(`no command ${execute}`);
    const reply: JsonValue | void = await command.run(checkArguments(command.arguments, args ?? {}), CLIENT);
    return writeJson({ return: reply ?? {} });
  } catch (failure) {
    return writeJson({ error: { class: "GenericError", desc: asBackplaneError(failure).message } });
  }
}

describe("the peer's conversations about migration", () => {
  test.each(Object.entries(CONVERSATIONS))("%s", async (name, deliberate) => {
    const golden = loadQmpGolden(name);
    const machine = await start(golden.args);
    const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-test-"));
    try {
      let lines: string[] = [];
      let heard = (): void => undefined;
      machine.service(EVENTS).listen((event) => {
        const { name: type, data } = event;
        const timestamp = { seconds: 0, microseconds: 0 };
        const line = { timestamp, event: type, ...(data === undefined ? {} : { data }) };
        lines.push(maskQmp(writeJson(line).replaceAll(folder, "{dir}")));
        heard();
      });
      for (const { send = "", lines: expected } of golden.exchanges) {
        const sent = send.replaceAll("{dir}", folder).replaceAll(...SHORTER);
        if (deliberate.some((part) => send.includes(part))) {
          await answer(machine, sent);
          continue;
        }
        const ask = async (): Promise<void> => {
          lines = [];
          const reply = await answer(machine, sent);
          lines.push(maskQmp(reply.replaceAll(folder, "{dir}")));
        };
        await ask();
        // The peer was given time until nothing changed any more.
        for (
          let tries = 0;
          tries < 2000 && send.includes("query-migrate") && !isDeepStrictEqual(lines, expected);
          tries++
        ) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          await ask();
        }
        while (lines.length < expected.length) {
          await new Promise<void>((resolve) => {
            heard = resolve;
          });
        }
        expect(lines, send).toEqual(expected);
      }
    } finally {
      await machine.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
