import { PEER_VERSION } from "backplane";
import type { CharConnection, CharFrontend } from "backplane/plugins/chardev/contract";
import { complete } from "./completion.ts";
import type { HumanClient } from "./contract.ts";
import { LineEditor } from "./line-editor.ts";
import type { HumanCommandTable } from "./table.ts";

const PROMPT = "(qemu) ";
/** Output that nobody reads; beyond it no further keys are taken. */
const OUTPUT_PAUSE = 256 * 1024;

export interface HumanMonitorServices {
  readonly table: HumanCommandTable;
  /** The machine takes no more orders. */
  readonly isLeaving: () => boolean;
}

/** A monitor for people on a character device. The line that is being written outlives a connection, as in the peer. */
export class HumanMonitor implements CharFrontend, HumanClient {
  cpu: number | undefined;
  readonly interactive = true;
  readonly #services: HumanMonitorServices;
  readonly #editor: LineEditor;
  #connection: CharConnection | undefined;
  #input: Uint8Array[] = [];
  /** Output that waits until the terminal is ours. */
  #withheld: Uint8Array[] = [];
  #isFocused = true;
  #isGreeted = false;
  #isRunning = false;
  #isDisposed = false;

  constructor(services: HumanMonitorServices) {
    this.#services = services;
    this.#editor = new LineEditor(PROMPT, {
      write: (text) => this.#write(Buffer.from(text.replaceAll("\n", "\r\n"), "latin1")),
      entered: (line) => void this.#run(line),
      complete: (text) => complete(services.table, text),
    });
  }

  get history(): readonly string[] {
    return this.#editor.history.lines.map(fromBytes);
  }

  opened(connection: CharConnection): void {
    this.#connection = connection;
    this.#input = [];
    const { major, minor, micro } = PEER_VERSION.qemu;
    this.#print(`QEMU ${major}.${minor}.${micro} monitor - type 'help' for more information\n`);
    this.#isGreeted = true;
    this.#prompt();
  }

  /** Somebody else has the terminal meanwhile: what is printed waits, and the prompt comes back with it. */
  focused(isFocused: boolean): void {
    if (this.#isFocused === isFocused) return;
    if (!isFocused && this.#isGreeted && !this.#isRunning) this.#print("\n");
    this.#isFocused = isFocused;
    if (!isFocused) return;
    for (const bytes of this.#withheld.splice(0)) this.#write(bytes);
    if (this.#isGreeted) this.#prompt();
  }

  received(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#pump();
  }

  drained(): void {
    this.#pump();
  }

  /** What was sent before is still done; the output may have somebody who reads it. */
  closed(): void {
    this.#pump();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#input = [];
  }

  /** Takes keys as long as they may be taken; the rest waits, and so does whoever types. */
  #pump(): void {
    while (this.#mayRead()) {
      const bytes = this.#input[0];
      if (bytes === undefined) break;
      const taken = this.#take(bytes);
      if (taken === bytes.length) this.#input.shift();
      else this.#input[0] = bytes.subarray(taken);
    }
    if (this.#mayRead()) this.#connection?.resume();
    else this.#connection?.pause();
  }

  /** Up to the end, to a line whose command must run first, or until nobody reads what the keys have drawn. */
  #take(bytes: Uint8Array): number {
    for (const [index, byte] of bytes.entries()) {
      if (this.#editor.take(byte) || !this.#mayRead()) return index + 1;
    }
    return bytes.length;
  }

  #mayRead(): boolean {
    return (
      !this.#isRunning &&
      !this.#isDisposed &&
      !this.#services.isLeaving() &&
      (this.#connection?.buffered ?? 0) <= OUTPUT_PAUSE
    );
  }

  async #run(line: string): Promise<void> {
    this.#isRunning = true;
    const text = await this.#services.table.execute(fromBytes(line), this);
    this.#isRunning = false;
    if (this.#isDisposed) return;
    this.#print(text);
    if (this.#services.isLeaving()) return;
    this.#prompt();
    this.#pump();
  }

  #prompt(): void {
    if (this.#isFocused && !this.#isRunning) this.#editor.showPrompt();
  }

  #print(text: string): void {
    if (text !== "") this.#write(Buffer.from(text.replaceAll("\n", "\r\n")));
  }

  #write(bytes: Uint8Array): void {
    if (this.#isFocused) this.#connection?.write(bytes);
    else this.#withheld.push(bytes);
  }
}

/** The editor's characters are bytes. */
function fromBytes(line: string): string {
  return Buffer.from(line, "latin1").toString("utf8");
}
