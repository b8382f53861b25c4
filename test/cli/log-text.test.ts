// Log lines of `backplane`, for people.
import path from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { BackplaneError, type LogRecord, type Origin } from "backplane";
import { logTo, renderRecord } from "../../cli/run/log-text.ts";

const line = (details: LogRecord["details"]): string =>
  renderRecord({ level: "warn", source: "disk", message: "it failed", ...(details === undefined ? {} : { details }) });

const origin: Origin = {
  kind: "file",
  file: path.join(process.cwd(), "configs/a.yaml"),
  line: 17,
  column: 5,
  path: "devices[0]",
  sourceLine: "  - { driver: a }",
};
const itself: unknown[] = [];
itself.push(itself);

describe("details are readable:", () => {
  test.each<[string, LogRecord["details"], string]>([
    ["none", undefined, ""],
    ["nothing in them", { origin: undefined }, ""],
    ["a place", { origin }, " (configs/a.yaml:17:5)"],
    ["a place elsewhere", { origin: { ...origin, file: "/elsewhere/a.yaml" } }, " (/elsewhere/a.yaml:17:5)"],
    ["a place that code made", { origin: { ...origin, line: 0 } }, " (configs/a.yaml)"],
    ["a command line", { origin: { kind: "command-line", text: "-device a" } }, " (-device a)"],
    ["words and numbers", { file: "etc/a", known: 4096, isNew: false }, " (file etc/a, known 4096, isNew false)"],
    ["large numbers", { at: 2n ** 63n, all: [1n] }, ' (at 9223372036854775808, all ["1"])'],
    ["an error", { error: new Error("no room") }, " (error no room)"],
    ["an error with a code", { error: new BackplaneError("LOST", "it is gone") }, " (error LOST: it is gone)"],
    [
      "an error of Node's, which says its code",
      { error: Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" }) },
      " (error ENOENT: no such file)",
    ],
    ["errors further in", { errors: [new Error("one")] }, ' (errors ["one"])'],
    ["what was thrown that is no error", { error: "oops" }, " (error oops)"],
    ["what has no text", { itself }, " (itself …)"],
  ])("%s", (_what, details, text) => {
    expect(line(details)).toBe(`warn: disk: it failed${text}`);
  });
});

test("only what is as grave as asked for is written", () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  const log = logTo(stream, "warn");
  for (const level of ["debug", "info", "warn", "error"] as const) log({ level, source: "a", message: "b" });
  expect(String(stream.read())).toBe("warn: a: b\nerror: a: b\n");
});
