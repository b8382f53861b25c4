import { closeSync, openSync, writeSync } from "node:fs";
import { hostErrorText } from "backplane";
import { CharDevice } from "./char-device.ts";
import { chardevErrors } from "./errors.ts";

/** Writes what it is given into a file. */
export class FileDevice extends CharDevice {
  readonly filename = "file";
  readonly #path: string;
  readonly #append: boolean;
  #fd: number | undefined;

  constructor(id: string, path: string, append: boolean) {
    super(id);
    this.#path = path;
    this.#append = append;
  }

  open(): Promise<void> {
    try {
      this.#fd = openSync(this.#path, this.#append ? "a" : "w", 0o666);
    } catch (failure) {
      return Promise.reject(chardevErrors.FILE_OPEN(this.#path, hostErrorText(failure)));
    }
    const write = (data: string | Uint8Array): void => {
      if (this.#fd !== undefined) writeSync(this.#fd, Buffer.from(data));
    };
    this.connected({ write, buffered: 0, pause: () => undefined, resume: () => undefined, close: () => undefined });
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    return Promise.resolve();
  }
}
