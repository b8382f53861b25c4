import { closeSync, createReadStream, openSync, writeSync, type ReadStream } from "node:fs";
import { hostErrorText } from "backplane";
import { CharDevice } from "./char-device.ts";
import { chardevErrors } from "./errors.ts";

/** Writes what it is given into a file, and gives what stands in another. */
export class FileDevice extends CharDevice {
  readonly filename = "file";
  readonly #path: string;
  readonly #append: boolean;
  readonly #inputPath: string | undefined;
  #fd: number | undefined;
  #input: ReadStream | undefined;

  constructor(id: string, path: string, append: boolean, inputPath?: string) {
    super(id);
    this.#path = path;
    this.#append = append;
    this.#inputPath = inputPath;
  }

  open(): Promise<void> {
    try {
      this.#fd = openFile(this.#path, this.#append ? "a" : "w");
      if (this.#inputPath !== undefined) this.#read(openFile(this.#inputPath, "r"));
    } catch (failure) {
      return Promise.reject(failure instanceof Error ? failure : new Error(String(failure)));
    }
    const write = (data: string | Uint8Array): void => {
      if (this.#fd !== undefined) writeSync(this.#fd, Buffer.from(data));
    };
    this.connected({
      write,
      buffered: 0,
      pause: () => void this.#input?.pause(),
      resume: () => void this.#input?.resume(),
      close: () => undefined,
    });
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#input?.destroy();
    return Promise.resolve();
  }

  #read(fd: number): void {
    const input = createReadStream("", { fd });
    this.#input = input;
    input.pause();
    input.on("data", (chunk) => this.received(Buffer.from(chunk)));
    input.on("end", () => this.inputEnded(false));
    input.on("error", () => this.inputEnded(false));
  }
}

function openFile(path: string, flags: "r" | "w" | "a"): number {
  try {
    return openSync(path, flags, 0o666);
  } catch (failure) {
    throw chardevErrors.FILE_OPEN(path, hostErrorText(failure));
  }
}
