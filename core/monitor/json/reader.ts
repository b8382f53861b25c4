import { messageOf } from "../../errors.ts";
import type { JsonValue } from "../contract.ts";
import { isPlain, kindOf, step, type LexerState } from "./lexer.ts";
import { parseTokens, type Token } from "./parser.ts";
import { lossyText } from "./text.ts";

/** Limits on one message, which keep a client from filling the memory. They are the peer's. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_TOKENS = 2 * 1024 * 1024;
const MAX_NESTING = 1024;

/** Tokens of one byte: a message may have millions of them, and they are all the same. */
const STRUCTURE: ReadonlyMap<number, Token> = new Map(
  (["{", "}", "[", "]", ":", ","] as const).map((kind) => [kind.charCodeAt(0), { kind, bytes: Buffer.from(kind) }]),
);

/** A value, or why there is none (in the peer's words). */
export type JsonMessage = { readonly value: JsonValue } | { readonly error: string };

/**
 * Cuts a stream of bytes into JSON values. A message ends with the byte that completes it: a closing bracket at the
 * outermost level, or whatever follows a lone number or word. An error that shows in the bytes themselves is a message
 * at once; one in their order (`{1}`) is a message when the brackets are balanced.
 */
export class JsonReader {
  #state: LexerState = "start";
  readonly #lexeme = new ByteBuffer();
  #tokens: Token[] = [];
  #bytes = 0;
  #braces = 0;
  #brackets = 0;

  /** Reads from `from` to the end of the next message, or of the bytes. Reading goes on at `next`. */
  read(bytes: Uint8Array, from: number): { readonly message: JsonMessage | undefined; readonly next: number } {
    let at = from;
    while (at < bytes.length) {
      if (this.#state === "quoted" || this.#state === "apostrophed") at = this.#skipPlain(bytes, at);
      const byte = bytes[at];
      if (byte === undefined) break;
      const next = step(this.#state, byte);
      if (next !== "ends-before") {
        this.#lexeme.push(byte);
        at++;
      }
      const message = this.#move(next, byte);
      if (message !== undefined) return { message, next: at };
    }
    const message = this.#lexeme.length > MAX_BYTES ? this.#fail("JSON token size limit exceeded") : undefined;
    return { message, next: at };
  }

  /** The text has ended: what is left of a message, if anything. */
  end(): JsonMessage | undefined {
    const kind = this.#state === "start" || this.#state === "recovery" ? undefined : this.#state;
    if (kind !== undefined) {
      // As if a zero byte followed, which no token contains.
      const message = this.#move(step(kind, 0), 0);
      if (message !== undefined) return message;
    }
    this.#state = "start";
    this.#lexeme.clear();
    return this.#tokens.length === 0 ? undefined : this.#complete();
  }

  #skipPlain(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && isPlain(this.#state, bytes[at] ?? 0)) at++;
    this.#lexeme.append(bytes.subarray(from, at));
    return at;
  }

  #move(next: ReturnType<typeof step>, byte: number): JsonMessage | undefined {
    switch (next) {
      case "complete":
      case "ends-before": {
        const kind = kindOf(this.#state, byte);
        const isStructure = this.#state === "start";
        this.#state = "start";
        if (isStructure) {
          this.#lexeme.clear();
          const token = STRUCTURE.get(byte);
          return token === undefined ? undefined : this.#token(token);
        }
        const bytes = this.#lexeme.take();
        return kind === undefined ? undefined : this.#token({ kind, bytes });
      }
      case "error": {
        const text = lossyText(this.#lexeme.take());
        this.#reset();
        this.#state = "recovery";
        return { error: `JSON parse error, stray '${text}'` };
      }
      case "start":
      case "recovery":
        this.#lexeme.clear();
        this.#state = next;
        return undefined;
      case "quoted":
      case "quoted-escape":
      case "apostrophed":
      case "apostrophed-escape":
      case "minus":
      case "zero":
      case "digits":
      case "point":
      case "fraction":
      case "exponent":
      case "exponent-sign":
      case "exponent-digits":
      case "word":
        this.#state = next;
        return undefined;
    }
  }

  #token(token: Token): JsonMessage | undefined {
    if (token.kind === "{") this.#braces++;
    else if (token.kind === "}") this.#braces--;
    else if (token.kind === "[") this.#brackets++;
    else if (token.kind === "]") this.#brackets--;
    if (this.#bytes + token.bytes.length + 1 > MAX_BYTES) return this.#fail("JSON token size limit exceeded");
    if (this.#tokens.length + 1 > MAX_TOKENS) return this.#fail("JSON token count limit exceeded");
    if (this.#brackets + this.#braces > MAX_NESTING) return this.#fail("JSON nesting depth limit exceeded");
    this.#bytes += token.bytes.length;
    this.#tokens.push(token);
    const isOpen = this.#braces >= 0 && this.#brackets >= 0 && this.#braces + this.#brackets > 0;
    return isOpen ? undefined : this.#complete();
  }

  #complete(): JsonMessage {
    const tokens = this.#tokens;
    this.#reset();
    try {
      return { value: parseTokens(tokens) };
    } catch (failure) {
      return { error: messageOf(failure) };
    }
  }

  #fail(error: string): JsonMessage {
    this.#reset();
    this.#state = "start";
    this.#lexeme.clear();
    return { error };
  }

  #reset(): void {
    this.#tokens = [];
    this.#bytes = 0;
    this.#braces = 0;
    this.#brackets = 0;
  }
}

/** The value of a whole text, as the peer reads `-device '{…}'`. */
export function parseJson(text: string): JsonMessage {
  const reader = new JsonReader();
  const bytes = Buffer.from(text);
  let result: JsonMessage | undefined;
  for (let at = 0; at < bytes.length;) {
    const { message, next } = reader.read(bytes, at);
    at = next;
    if (message !== undefined) result = combine(result, message);
  }
  const last = reader.end();
  if (last !== undefined) result = combine(result, last);
  return result ?? { error: "Expecting a JSON value" };
}

/** The first error counts; a second value is one. */
function combine(earlier: JsonMessage | undefined, message: JsonMessage): JsonMessage {
  if (earlier === undefined || "error" in earlier) return earlier ?? message;
  return { error: "Expecting at most one JSON value" };
}

/** Bytes that grow. */
class ByteBuffer {
  #bytes = new Uint8Array(64);
  length = 0;

  push(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  clear(): void {
    this.length = 0;
  }

  /** A copy of the contents; the buffer is empty afterwards. */
  take(): Uint8Array {
    // Small copies share a pool, which keeps the overhead of many small tokens down.
    const taken = Buffer.from(this.#bytes.subarray(0, this.length));
    this.length = 0;
    if (this.#bytes.length > 65536) this.#bytes = new Uint8Array(64);
    return taken;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}
