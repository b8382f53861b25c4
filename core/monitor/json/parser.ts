import type { JsonValue } from "../contract.ts";
import { JsonDouble } from "./double.ts";
import type { TokenKind } from "./lexer.ts";
import { lossyText, stringValue } from "./text.ts";

export interface Token {
  readonly kind: TokenKind;
  readonly bytes: Uint8Array;
}

/** The peer formats the variable part of a message into a buffer of that many bytes. */
const MESSAGE_LIMIT = 1023;

/** Why tokens are no value; the text is the peer's without its beginning. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  constructor(message: string) {
    super(`JSON parse error, ${message.slice(0, MESSAGE_LIMIT)}`);
  }
}

/** The value that the tokens of one message form. Throws `JsonSyntaxError`. Nesting was limited while they were collected. */
export function parseTokens(tokens: readonly Token[]): JsonValue {
  return new Parser(tokens).value();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  value(): JsonValue {
    const token = this.#take();
    switch (token.kind) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case "string": {
        const result = stringValue(token.bytes);
        if ("error" in result) throw new JsonSyntaxError(result.error);
        return result.value;
      }
      case "integer":
        return integerValue(latin1(token.bytes));
      case "float":
        return doubleValue(Number(latin1(token.bytes)));
      case "word":
        return wordValue(token.bytes);
      case "}":
      case "]":
      case ":":
      case ",":
        throw new JsonSyntaxError("expecting value");
    }
  }

  #object(): JsonValue {
    const entries = new Map<string, JsonValue>();
    if (this.#peek().kind === "}") this.#at++;
    else {
      do this.#member(entries);
      while (this.#separator("}", "expected separator in dict"));
    }
    // Object.fromEntries defines own members, so that a member `__proto__` is one like any other.
    return Object.fromEntries(entries);
  }

  #member(entries: Map<string, JsonValue>): void {
    const key = this.value();
    if (typeof key !== "string") throw new JsonSyntaxError("key is not a string in object");
    if (this.#take().kind !== ":") throw new JsonSyntaxError("missing : in object pair");
    const value = this.value();
    if (entries.has(key)) throw new JsonSyntaxError("duplicate key");
    entries.set(key, value);
  }

  #array(): JsonValue {
    const items: JsonValue[] = [];
    if (this.#peek().kind === "]") this.#at++;
    else {
      do items.push(this.value());
      while (this.#separator("]", "expected separator in list"));
    }
    return items;
  }

  #separator(end: "}" | "]", complaint: string): boolean {
    const { kind } = this.#take();
    if (kind !== end && kind !== ",") throw new JsonSyntaxError(complaint);
    return kind === ",";
  }

  #peek(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new JsonSyntaxError("premature EOI");
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Whole numbers are exact as far as 64 bits go, signed or not; beyond that they are doubles. */
function integerValue(text: string): JsonValue {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  const exact = BigInt(text);
  return exact >= -(1n << 63n) && exact < 1n << 64n ? exact : number;
}

function doubleValue(number: number): JsonValue {
  if (!Number.isSafeInteger(number) || Object.is(number, -0)) return number;
  return new JsonDouble(number) as unknown as JsonValue;
}

function wordValue(bytes: Uint8Array): JsonValue {
  const word = latin1(bytes);
  if (word === "true") return true;
  if (word === "false") return false;
  if (word === "null") return null;
  throw new JsonSyntaxError(`invalid keyword '${lossyText(bytes)}'`);
}
