// A machine in a process of its own, spoken to over qtest, which can be killed at any moment.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const EXECUTABLE = path.join(import.meta.dirname, "../../../bin/backplane-system-x86_64");
const MAILBOX = 0xa18;
const PAGE = 0x10_0000;
const MODULE = 1;
const REVISION = 1;
const FUNCTION = { getLabel: 5, setLabel: 6 } as const;

const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
};

export class KilledMachine {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(args: readonly string[]) {
    const qtest = [
      "-accel",
      "qtest",
      "-qtest",
      "stdio",
      "-qtest-log",
      "/dev/null",
      "-display",
      "none",
      "-monitor",
      "none",
    ];
    this.#child = spawn(EXECUTABLE, [...qtest, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("no output");
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    const hex = Buffer.from(bytes).toString("hex");
    await this.#say(`write 0x${address.toString(16)} 0x${bytes.length.toString(16)} 0x${hex}`);
  }

  async read(address: number, length: number): Promise<Buffer> {
    const answer = await this.#say(`read 0x${address.toString(16)} 0x${length.toString(16)}`);
    return Buffer.from(answer.replace(/^0x/, ""), "hex");
  }

  async writeLabel(offset: number, bytes: Uint8Array): Promise<void> {
    const answer = await this.#call(FUNCTION.setLabel, Buffer.concat([words(offset, bytes.length), bytes]));
    if (answer.readUInt32LE(4) !== 0) throw new Error(`status ${answer.readUInt32LE(4)}`);
  }

  async readLabel(offset: number, length: number): Promise<Buffer> {
    return (await this.#call(FUNCTION.getLabel, words(offset, length))).subarray(8, 8 + length);
  }

  /** SIGKILL: nothing of the process has a chance to put anything away. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  async #call(fn: number, given: Buffer): Promise<Buffer> {
    await this.write(PAGE, Buffer.concat([words(MODULE, REVISION, fn), given]));
    await this.#say(`outl 0x${MAILBOX.toString(16)} 0x${PAGE.toString(16)}`);
    return this.read(PAGE, 64);
  }

  async #say(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true || !value.startsWith("OK")) throw new Error(`'${line}' was answered with ${String(value)}`);
    return value.slice(3);
  }
}
