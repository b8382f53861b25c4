// The lexical grammar of RFC 8259 with the peer's additions: strings may stand in apostrophes, words are any run of
// lower-case letters (the parser knows which exist), and after an error everything up to a promising byte is skipped.

export type TokenKind = "{" | "}" | "[" | "]" | ":" | "," | "string" | "integer" | "float" | "word";

/** What the bytes of a token are about to be. */
export type LexerState =
  | "start"
  | "recovery"
  | "quoted"
  | "quoted-escape"
  | "apostrophed"
  | "apostrophed-escape"
  | "minus"
  | "zero"
  | "digits"
  | "point"
  | "fraction"
  | "exponent"
  | "exponent-sign"
  | "exponent-digits"
  | "word";

/** What a byte does: go on in a state, complete a token, end the token before itself, or fail. */
export type Step = LexerState | "complete" | "ends-before" | "error";

const code = (character: string): number => character.charCodeAt(0);
const QUOTE = code('"');
const APOSTROPHE = code("'");
const BACKSLASH = code("\\");
const ZERO = code("0");
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= code("9");
const isLower = (byte: number): boolean => byte >= code("a") && byte <= code("z");
const isExponentMark = (byte: number): boolean => byte === code("e") || byte === code("E");
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
const STRUCTURE = new Set(["{", "}", "[", "]", ":", ","].map(code));

/** Control characters and the bytes that UTF-8 never uses end a string, and resynchronize after an error. */
const isForbidden = (byte: number): boolean => byte < 0x20 || byte >= 0xfe;

/** Bytes of a string that need no look: what neither ends it nor escapes nor is forbidden. */
export function isPlain(state: LexerState, byte: number): boolean {
  if (isForbidden(byte) || byte === BACKSLASH) return false;
  return byte !== (state === "quoted" ? QUOTE : APOSTROPHE);
}

export function step(state: LexerState, byte: number): Step {
  switch (state) {
    case "start":
      return begin(byte);
    case "recovery":
      // A tab is the one control character that a garbled line may well contain.
      return (isForbidden(byte) && byte !== 0x09) || STRUCTURE.has(byte) ? "ends-before" : "recovery";
    case "quoted":
      if (isForbidden(byte)) return "error";
      return byte === QUOTE ? "complete" : byte === BACKSLASH ? "quoted-escape" : "quoted";
    case "apostrophed":
      if (isForbidden(byte)) return "error";
      return byte === APOSTROPHE ? "complete" : byte === BACKSLASH ? "apostrophed-escape" : "apostrophed";
    case "quoted-escape":
      return isForbidden(byte) ? "error" : "quoted";
    case "apostrophed-escape":
      return isForbidden(byte) ? "error" : "apostrophed";
    case "minus":
      return isDigit(byte) ? (byte === ZERO ? "zero" : "digits") : "error";
    case "zero":
      return byte === code(".") ? "point" : isDigit(byte) ? "error" : "ends-before";
    case "digits":
      if (isDigit(byte)) return "digits";
      return byte === code(".") ? "point" : isExponentMark(byte) ? "exponent" : "ends-before";
    case "point":
      return isDigit(byte) ? "fraction" : "error";
    case "fraction":
      return isDigit(byte) ? "fraction" : isExponentMark(byte) ? "exponent" : "ends-before";
    case "exponent":
      if (byte === code("+") || byte === code("-")) return "exponent-sign";
      return isDigit(byte) ? "exponent-digits" : "error";
    case "exponent-sign":
      return isDigit(byte) ? "exponent-digits" : "error";
    case "exponent-digits":
      return isDigit(byte) ? "exponent-digits" : "ends-before";
    case "word":
      return isLower(byte) ? "word" : "ends-before";
  }
}

function begin(byte: number): Step {
  if (isBlank(byte)) return "start";
  if (STRUCTURE.has(byte)) return "complete";
  if (byte === QUOTE) return "quoted";
  if (byte === APOSTROPHE) return "apostrophed";
  if (byte === code("-")) return "minus";
  if (isDigit(byte)) return byte === ZERO ? "zero" : "digits";
  return isLower(byte) ? "word" : "error";
}

/** What a token is that was complete in this state; undefined for what is none. */
export function kindOf(state: LexerState, lastByte: number): TokenKind | undefined {
  switch (state) {
    case "start":
      return String.fromCharCode(lastByte) as TokenKind;
    case "quoted":
    case "apostrophed":
      return "string";
    case "zero":
    case "digits":
      return "integer";
    case "fraction":
    case "exponent-digits":
      return "float";
    case "word":
      return "word";
    case "recovery":
    case "quoted-escape":
    case "apostrophed-escape":
    case "minus":
    case "point":
    case "exponent":
    case "exponent-sign":
      return undefined;
  }
}
