// Strings on the wire are modified UTF-8: like UTF-8, except that U+0000 is the two bytes C0 80.

const MINIMUM = [0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000] as const;

export function isCharacter(codepoint: number): boolean {
  if (codepoint > 0x10ffff || (codepoint & 0xfffe) === 0xfffe) return false;
  if (codepoint >= 0xfdd0 && codepoint <= 0xfdef) return false;
  return codepoint < 0xd800 || codepoint > 0xdfff;
}

/** The character that starts at `at`; undefined when the bytes there are none. `next` is where reading goes on either way. */
export function characterAt(
  bytes: Uint8Array,
  at: number,
): { readonly codepoint: number | undefined; readonly next: number } {
  const first = bytes[at] ?? 0;
  let next = at + 1;
  if (first < 0x80) return { codepoint: first, next };
  // Five and six bytes are well-formed by the old definition, although what they encode is never a character.
  const length = Math.clz32(~(first << 24));
  if (length === 1 || length > 6) return { codepoint: undefined, next };
  let codepoint = first & (0x7f >> length);
  for (let count = 1; count < length; count++) {
    const byte = bytes[next] ?? 0;
    if ((byte & 0xc0) !== 0x80) return { codepoint: undefined, next };
    codepoint = codepoint * 64 + (byte & 0x3f);
    next++;
  }
  const isOverlong = codepoint < (MINIMUM[length - 1] ?? 0) && !(codepoint === 0 && length === 2);
  return { codepoint: isOverlong || !isCharacter(codepoint) ? undefined : codepoint, next };
}

/** Bytes as text for an error message: up to a zero byte, with U+FFFD for what is no character. */
export function lossyText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const { codepoint, next } = characterAt(bytes, at);
    text += String.fromCodePoint(codepoint ?? 0xfffd);
    at = next;
  }
  return text;
}

const SIMPLE_ESCAPES: { readonly [letter: string]: string } = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The value of a string token, given with its quotes; or why it has none. */
export function stringValue(token: Uint8Array): { readonly value: string } | { readonly error: string } {
  const end = token.length - 1;
  let value = "";
  for (let at = 1; at < end;) {
    if (token[at] !== 0x5c) {
      const { codepoint, next } = characterAt(token, at);
      if (codepoint === undefined) return { error: "invalid UTF-8 sequence in string" };
      value += String.fromCodePoint(codepoint);
      at = next;
      continue;
    }
    const letter = String.fromCharCode(token[at + 1] ?? 0);
    const simple = SIMPLE_ESCAPES[letter];
    if (simple !== undefined) {
      value += simple;
      at += 2;
    } else if (letter === "u") {
      const { codepoint, next } = escapedCharacter(token, at);
      if (codepoint === undefined) {
        return { error: `${lossyText(token.subarray(at, at + 6))} is not a valid Unicode character` };
      }
      value += String.fromCodePoint(codepoint);
      at = next;
    } else return { error: "invalid escape sequence in string" };
  }
  return { value };
}

/** `\uXXXX`, or two of them that are a surrogate pair. */
function escapedCharacter(
  token: Uint8Array,
  at: number,
): { readonly codepoint: number | undefined; readonly next: number } {
  const first = hexadecimal(token, at + 2);
  if (first === undefined) return { codepoint: undefined, next: at };
  const isLeading = first >= 0xd800 && first <= 0xdbff;
  if (isLeading && token[at + 6] === 0x5c && token[at + 7] === 0x75) {
    const second = hexadecimal(token, at + 8);
    if (second === undefined || second < 0xdc00 || second > 0xdfff) return { codepoint: undefined, next: at };
    const codepoint = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
    return { codepoint: isCharacter(codepoint) ? codepoint : undefined, next: at + 12 };
  }
  return { codepoint: isCharacter(first) ? first : undefined, next: at + 6 };
}

function hexadecimal(token: Uint8Array, at: number): number | undefined {
  const digits = String.fromCharCode(...token.subarray(at, at + 4));
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
