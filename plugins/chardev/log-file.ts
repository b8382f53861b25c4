import { closeSync, openSync, writeSync } from "node:fs";
import { hostErrorText, type Disposable } from "backplane";
import { chardevErrors } from "./errors.ts";
import type { OutputLog } from "./front-connection.ts";

/** `logfile=`: a copy of what is written, in a file. */
export class LogFile implements OutputLog, Disposable {
  #fd: number | undefined;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  static open(path: string, append: boolean): LogFile {
    try {
      return new LogFile(openSync(path, append ? "a" : "w", 0o666));
    } catch (failure) {
      throw chardevErrors.FILE_CREATE(path, hostErrorText(failure));
    }
  }

  write(data: string | Uint8Array): void {
    if (this.#fd !== undefined) writeSync(this.#fd, Buffer.from(data));
  }

  dispose(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
