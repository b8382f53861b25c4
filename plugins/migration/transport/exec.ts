import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { hostErrorText, messageOf } from "backplane";
import { migrationErrors } from "../errors.ts";
import { ChildGroup } from "./child-group.ts";
import { openPipe } from "./pipe.ts";
import { StreamTransport } from "./stream-transport.ts";
import type { Transport } from "./transport.ts";

export interface ExecOptions {
  /** How long a child whose stream is complete may go on when the machine goes, in milliseconds. */
  readonly exitGrace: number;
}

/** Starts a program and writes into its standard input, a pipe. Its standard output goes nowhere, as in the peer. */
export async function openExec(args: readonly string[], options: ExecOptions): Promise<Transport> {
  const [program, ...rest] = args;
  if (program === undefined)
    throw migrationErrors.TRANSPORT_FAILED("Failed to execute child process: no program was given");
  const pipe = await openPipe().catch((failure: unknown) => {
    throw migrationErrors.TRANSPORT_FAILED(`Failed to make a pipe for “${program}”: ${messageOf(failure)}`);
  });
  let child: ChildProcess;
  try {
    // A session of its own: the whole group can be ended, and a terminal's interrupt does not reach it.
    child = spawn(program, rest, { stdio: [pipe.readEnd, "ignore", "inherit"], detached: true });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
  } catch (failure) {
    closeSync(pipe.writeEnd);
    throw migrationErrors.TRANSPORT_FAILED(`Failed to execute child process “${program}” (${hostErrorText(failure)})`);
  } finally {
    closeSync(pipe.readEnd);
  }
  return new ExecTransport(
    new Socket({ fd: pipe.writeEnd, readable: false, writable: true }),
    new ChildGroup(child),
    options,
  );
}

class ExecTransport extends StreamTransport {
  readonly #children: ChildGroup;
  readonly #options: ExecOptions;
  #complete = false;

  constructor(stream: Socket, children: ChildGroup, options: ExecOptions) {
    super(stream, "command");
    this.#children = children;
    this.#options = options;
  }

  override get released(): Promise<void> {
    return Promise.all([super.released, this.#children.gone]).then(() => undefined);
  }

  override async close(complete: boolean): Promise<void> {
    await super.close(complete);
    this.#complete = complete;
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    if (this.#complete) await this.#children.exitWithin(this.#options.exitGrace);
    await this.#children.end();
  }
}
