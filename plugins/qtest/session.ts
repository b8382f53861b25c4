import { disposable, type Disposable, type Logger } from "backplane";
import type { CharConnection, CharFrontend } from "backplane/plugins/chardev/contract";
import type { Verb } from "./answers.ts";
import type { Qtest, VerbArguments } from "./contract.ts";
import type { ConversationLog } from "./log.ts";
import { Words } from "./words.ts";

const LINE_FEED = 0x0a;
/** A line that is longer is dropped; data for guests comes in lines, so they may be long. */
const LINE_LIMIT = 64 * 1024 * 1024;
/** Answers that a client leaves unread. More lines are taken when they have left. */
const OUTPUT_PAUSE = 1024 * 1024;
/** Answers are handed on in pieces of about this length. */
const FLUSH_LENGTH = 64 * 1024;
/** Time that the lines of one client may take before somebody else gets a turn. */
const TURN_MS = 20;

/** A client's conversation: a line, its answer, and between them messages about interrupts. */
export class Session implements CharFrontend, Qtest {
  readonly #verbs = new Map<string, Verb>();
  readonly #words = new Words();
  readonly #log: ConversationLog | undefined;
  readonly #defects: Logger;
  readonly #opened: () => void;
  #connection: CharConnection | undefined;
  /** Lines that may not be taken yet. */
  #input: Buffer[] = [];
  /** The beginning of a line whose end has not come. */
  #partial: Buffer[] = [];
  #partialLength = 0;
  #output = "";
  #busy = false;
  #turn: NodeJS.Immediate | undefined;

  constructor(log: ConversationLog | undefined, defects: Logger, opened: () => void) {
    this.#log = log;
    this.#defects = defects;
    this.#opened = opened;
  }

  addAll(verbs: ReadonlyMap<string, Verb>): void {
    for (const [name, verb] of verbs) this.#verbs.set(name, verb);
  }

  add(name: string, run: (words: VerbArguments) => string): Disposable {
    this.#verbs.set(name, run);
    return disposable(() => {
      this.#verbs.delete(name);
    });
  }

  opened(connection: CharConnection): void {
    this.#forget();
    this.#connection = connection;
    this.#opened();
    this.#log?.opened();
  }

  received(bytes: Uint8Array): void {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#input.length > 0) {
      this.#input.push(chunk);
      return;
    }
    const taken = this.#take(chunk);
    if (taken < chunk.length) this.#hold(chunk.subarray(taken));
  }

  drained(): void {
    this.#pump();
  }

  closed(): void {
    this.#log?.closed();
    this.#forget();
    this.#connection = undefined;
  }

  /** A message that answers nothing. */
  send(text: string): void {
    if (this.#connection === undefined) return;
    this.#put(`${text}\n`);
    if (!this.#busy) this.#flush();
  }

  dispose(): void {
    this.#forget();
    this.#connection = undefined;
  }

  #forget(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#input = [];
    this.#partial = [];
    this.#partialLength = 0;
    this.#output = "";
  }

  /** The rest waits until answers have left, or others have had their turn. */
  #hold(rest: Buffer): void {
    this.#input.unshift(rest);
    this.#connection?.pause();
    if (!this.#isFull) this.#turn ??= setImmediate(() => this.#pump());
  }

  #pump(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#isFull) return;
    for (let chunk = this.#input.shift(); chunk !== undefined; chunk = this.#input.shift()) {
      const taken = this.#take(chunk);
      if (taken < chunk.length) {
        this.#hold(chunk.subarray(taken));
        return;
      }
    }
    this.#connection?.resume();
  }

  get #isFull(): boolean {
    return (this.#connection?.buffered ?? 0) > OUTPUT_PAUSE;
  }

  /** Runs the lines of a chunk, and returns how far it came. */
  #take(chunk: Buffer): number {
    this.#busy = true;
    let at = 0;
    let until = 0;
    while (this.#connection !== undefined) {
      const end = chunk.indexOf(LINE_FEED, at);
      if (end < 0) {
        if (at < chunk.length) this.#keep(chunk.subarray(at));
        at = chunk.length;
        break;
      }
      if (this.#partialLength === 0) this.#line(chunk, at, end);
      else this.#lastPart(chunk.subarray(at, end));
      at = end + 1;
      if (at === chunk.length) break;
      // Several lines came at once, from a client that does not wait for answers.
      if (this.#isFull) break;
      until ||= performance.now() + TURN_MS;
      if (performance.now() > until) break;
    }
    this.#busy = false;
    this.#flush();
    return this.#connection === undefined ? chunk.length : at;
  }

  #keep(part: Buffer): void {
    this.#partialLength += part.length;
    if (this.#partialLength > LINE_LIMIT) this.#partial = [];
    // The host's buffer may be a small part of a large one.
    else this.#partial.push(Buffer.from(part));
  }

  #lastPart(part: Buffer): void {
    const length = this.#partialLength + part.length;
    const parts = [...this.#partial, part];
    this.#partial = [];
    this.#partialLength = 0;
    if (length > LINE_LIMIT) this.#put("ERR line too long\n");
    else this.#line(Buffer.concat(parts, length), 0, length);
  }

  #line(bytes: Buffer, start: number, end: number): void {
    this.#log?.received(bytes.toString("latin1", start, end));
    const words = this.#words;
    words.load(bytes, start, end);
    const name = words.text() ?? "";
    const verb = this.#verbs.get(name);
    this.#put(verb === undefined ? `FAIL Unknown command '${name}'\n` : `${this.#run(verb)}\n`);
  }

  #run(verb: Verb): string {
    try {
      return verb(this.#words);
    } catch (failure) {
      // A device never throws for what is written to it: this is our defect, and the client is not left waiting.
      this.#defects.error("an access by the test client failed", { error: failure });
      return "FAIL internal error";
    }
  }

  #put(text: string): void {
    this.#log?.sent(text);
    this.#output += text;
    if (this.#output.length > FLUSH_LENGTH) this.#flush();
  }

  #flush(): void {
    const output = this.#output;
    if (output === "") return;
    this.#output = "";
    this.#connection?.write(output);
  }
}
