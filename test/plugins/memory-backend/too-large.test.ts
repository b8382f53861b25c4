// Sizes that no host has, files that cannot be memory, pages of odd sizes. Texts are the peer's.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { USER_OBJECTS, type OptionValues, type ValueForm } from "backplane";
import { withPlatform } from "../pc-memory/platform.ts";

async function refusal(type: string, properties: OptionValues, form: ValueForm = "opts"): Promise<string> {
  let text = "accepted";
  await withPlatform({}, (machine) => {
    try {
      machine.service(USER_OBJECTS).create({ type: `memory-backend-${type}`, id: "a", properties, form });
    } catch (failure) {
      text = (failure as Error).message;
    }
  });
  return text;
}

const ANONYMOUS = "cannot set up guest memory 'a': Cannot allocate memory";
const UNMAPPED = "unable to map backing store for guest RAM: Cannot allocate memory";

describe("a size that a number does not hold exactly", () => {
  test.each([
    ["ram", "1E", ANONYMOUS],
    ["ram", "8E", ANONYMOUS],
    ["ram", "9007199254740993", ANONYMOUS],
    ["memfd", "1E", UNMAPPED],
    ["memfd", "8E", "failed to resize memfd to 9223372036854775808: Invalid argument"],
    ["shm", "15E", "failed to resize POSIX shared memory to 17293822569102704640: Invalid argument"],
    ["ram", "16E", "Parameter 'size' expects a size value"],
  ])("%s of %s", async (type, size, text) => {
    expect(await refusal(type, { size })).toBe(text);
  });

  test("over QMP", async () => {
    expect(await refusal("ram", { size: 1152921504606846976 }, "json")).toBe(ANONYMOUS);
  });
});

test.runIf(process.platform === "linux")("nobody waits for the writer of a FIFO", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-fifo-"));
  const fifo = path.join(folder, "f");
  execFileSync("mkfifo", [fifo]);
  const text = await refusal("file", { "mem-path": fifo, size: "16M", readonly: "on" });
  rmSync(folder, { recursive: true });
  expect(text).toBe("unable to map backing store for guest RAM: No such device");
});
