import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { COMMANDS, type JsonValue } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { readStream } from "../../plugins/migration/stream-reader.ts";
import { withBoard, type Board } from "../plugins/pci/board.ts";

const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };

export function run(board: Board, name: string, args = {}): Promise<JsonValue | void> {
  return Promise.resolve(board.machine.service(COMMANDS).find(name)?.run(args, CLIENT));
}

/** Every device's state but the clock's, which goes on meanwhile. */
async function states(board: Board, file: string) {
  await run(board, "migrate", { uri: `file:${file}` });
  expect(await board.machine.service(MIGRATION).settled()).toBe("completed");
  return readStream(readFileSync(file)).devices.filter(({ idstr }) => idstr !== "mc146818rtc");
}

function loaded(board: Board): Promise<void> {
  const migration = board.machine.service(MIGRATION);
  return new Promise((resolve) => {
    migration.onIncoming(({ status }) => {
      if (status === "completed" || status === "failed") setImmediate(resolve);
    });
  });
}

/** Saves a machine after `before`, and goes on with another of its kind, whose devices have the same state. */
export async function moved(
  args: readonly string[],
  before: (board: Board) => void | Promise<void>,
  after: (board: Board) => void | Promise<void> = () => undefined,
): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-moved-"));
  const file = path.join(folder, "stream");
  try {
    const saved = await withBoard(args, async (board) => {
      await before(board);
      return states(board, file);
    });
    await withBoard([...args, "-incoming", `file:${file}`], async (board) => {
      await loaded(board);
      expect(board.machine.service(MIGRATION).incoming).toMatchObject({ status: "completed" });
      expect(await states(board, `${file}-again`)).toEqual(saved);
      await after(board);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
