import { sevErrors } from "./errors.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = "=";

/**
 * As lenient as the peer's decoder: what is no letter is passed over, an incomplete group at the end is dropped, and
 * padding stands for a zero wherever it is.
 */
export function decodeLenient(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let group = "";
  for (const letter of text) {
    const value = letter === PADDING ? 0 : LETTERS.indexOf(letter);
    if (value < 0) continue;
    bits = (bits << 6) | value;
    group += letter;
    if (group.length < 4) continue;
    bytes.push((bits >> 16) & 0xff);
    if (group[2] !== PADDING) bytes.push((bits >> 8) & 0xff);
    if (group[3] !== PADDING) bytes.push(bits & 0xff);
    bits = 0;
    group = "";
  }
  return Uint8Array.from(bytes);
}

/** For properties: letters, padding and line ends only. Throws `SEV_BASE64`. */
export function decodeStrict(text: string): Uint8Array {
  if (/[^A-Za-z0-9+/=\n]/.test(text)) throw sevErrors.SEV_BASE64();
  return decodeLenient(text);
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
