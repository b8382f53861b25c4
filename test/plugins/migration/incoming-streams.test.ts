// Streams that are not what they should be: what is said of each, and that the machine never runs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { RUN_STATES } from "backplane";
import { INCOMING_STREAMS } from "../../peer/cases/incoming-streams.ts";
import { loadIncomingGolden } from "../../peer/golden.ts";
import { withRig, type Rig } from "./rig.ts";

/** Loads bytes into a new machine, and hands it over when that has ended. */
async function load(stream: Uint8Array, examine: (rig: Rig) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-test-"));
  const file = path.join(folder, "stream");
  writeFileSync(file, stream);
  try {
    await withRig({ options: { migration: { incoming: `file:${file}` } } }, async (rig) => {
      const isOver = (): boolean =>
        ["completed", "failed"].includes(rig.machine.service(MIGRATION).incoming?.status ?? "");
      await rig.when(isOver);
      await examine(rig);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const errors = (rig: Rig): string[] => rig.log.filter(({ level }) => level === "error").map(({ message }) => message);

describe("what the peer says of a stream with", () => {
  const golden = loadIncomingGolden();
  test("every fault is known", () => {
    expect(golden.cases.map(({ what }) => what)).toEqual(Object.keys(INCOMING_STREAMS));
  });
  test.each(golden.cases.map((each) => [each.what, each] as const))("%s", async (what, { lines, ends }) => {
    await load(INCOMING_STREAMS[what] ?? Buffer.alloc(0), (rig) => {
      expect(errors(rig)).toEqual(lines);
      expect(rig.machine.leaving).toBe(ends ? "load-failed" : undefined);
      expect(rig.machine.service(RUN_STATES).current).toBe(ends ? "inmigrate" : "paused");
    });
  });
});

describe("a stream that was cut off", () => {
  test("anywhere is refused, and nothing of it runs", () =>
    withRig({ memory: 1 }, async (source) => {
      await source.migrate(`file:${source.file("whole")}`);
      const { readFileSync } = await import("node:fs");
      const whole = readFileSync(source.file("whole"));
      const { length } = whole;
      // The description at the end is for nobody's machine.
      const end = whole.lastIndexOf(Buffer.from([0, 6, 0, 0]));
      for (const at of [0, 3, 9, 20, 40, Math.floor(length / 2), end - 200, end - 100, end - 4, end]) {
        const file = source.file(`cut-${at}`);
        writeFileSync(file, whole.subarray(0, at));
        await withRig({ memory: 1, options: { migration: { incoming: `file:${file}` } } }, async (rig) => {
          await rig.when(() => rig.machine.leaving !== undefined);
          expect(rig.machine.service(MIGRATION).incoming, `cut at ${at}`).toMatchObject({ status: "failed" });
          expect(rig.machine.service(RUN_STATES).current).toBe("inmigrate");
        });
      }
    }));
});
