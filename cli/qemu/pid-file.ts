import { rmSync, writeFileSync } from "node:fs";
import { disposable, hostErrorText, type Disposable } from "backplane";
import { commandLineErrors } from "./errors.ts";

/** Writes the process's id into a file that goes with the process. Throws `PIDFILE`. */
export function writePidFile(path: string): Disposable {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  } catch (failure) {
    throw commandLineErrors.PIDFILE(path, hostErrorText(failure));
  }
  return disposable(() => rmSync(path, { force: true }));
}
