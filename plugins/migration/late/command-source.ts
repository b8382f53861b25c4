import { spawn } from "node:child_process";
import { hostErrorText } from "backplane";
import { migrationErrors } from "../errors.ts";
import { ChildGroup } from "../transport/child-group.ts";
import type { ByteSource } from "./byte-source.ts";
import { ReadableSource } from "./readable-source.ts";

/** Starts a program and reads its standard output. */
export async function openCommand(args: readonly string[]): Promise<ByteSource> {
  const [program, ...rest] = args;
  if (program === undefined) {
    throw migrationErrors.INCOMING_OPEN("Failed to execute child process: no program was given");
  }
  // A session of its own: the whole group can be ended, and a terminal's interrupt does not reach it.
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
  } catch (failure) {
    throw migrationErrors.INCOMING_OPEN(`Failed to execute child process “${program}” (${hostErrorText(failure)})`);
  }
  return new CommandSource(new ReadableSource(child.stdout), new ChildGroup(child));
}

class CommandSource implements ByteSource {
  readonly #output: ByteSource;
  readonly #children: ChildGroup;

  constructor(output: ByteSource, children: ChildGroup) {
    this.#output = output;
    this.#children = children;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#output.read();
  }

  async dispose(): Promise<void> {
    await this.#output.dispose();
    await this.#children.end();
  }
}
