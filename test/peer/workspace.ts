import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** A file that a case needs: `size` zero bytes (sparse), or `content` given in hexadecimal. */
export interface CaseFile {
  readonly name: string;
  readonly size?: number;
  readonly hex?: string;
}

const live = new Set<string>();

function removeAll(): void {
  for (const folder of live) rmSync(folder, { recursive: true, force: true });
  live.clear();
}

process.on("exit", removeAll);

/** A temporary folder with the files of one case; placeholders in arguments become paths into it. */
export class Workspace {
  readonly path: string;

  constructor(files: readonly CaseFile[] = []) {
    this.path = mkdtempSync(path.join(os.tmpdir(), "backplane-peer-"));
    live.add(this.path);
    for (const file of files) {
      const target = this.file(file.name);
      writeFileSync(target, Buffer.from(file.hex ?? "", "hex"));
      if (file.size !== undefined) truncateSync(target, file.size);
    }
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** Puts this folder in the place of `{dir}`. */
  expand(args: readonly string[]): string[] {
    return args.map((arg) => arg.replaceAll("{dir}", this.path));
  }

  /** The reverse of `expand`, for text that the peer printed. */
  mask(text: string): string {
    return text.replaceAll(this.path, "{dir}");
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    live.delete(this.path);
  }
}
