import { isBlank } from "./expression.ts";

/** A word takes no more bytes than this; what is beyond is dropped, as in the peer. */
const WORD_LIMIT = 1023;
const ESCAPES: { readonly [letter: string]: string } = { n: "\n", r: "\r", "\\": "\\", "'": "'", '"': '"' };

export interface Word {
  readonly text: string;
  /** Right behind the word. */
  readonly end: number;
}

/** Reads a word, which in quotation marks may have blanks and escapes. Undefined when there is none, or it does not end. */
export function readWord(line: string, from: number): Word | undefined {
  let at = from;
  while (isBlank(line[at])) at++;
  if (at >= line.length) return undefined;
  if (line[at] === '"') return readQuoted(line, at + 1);
  let end = at;
  while (end < line.length && !isBlank(line[end])) end++;
  return { text: line.slice(at, end).slice(0, WORD_LIMIT), end };
}

function readQuoted(line: string, from: number): Word | undefined {
  let text = "";
  let at = from;
  for (;;) {
    const char = line[at++];
    if (char === undefined) return undefined;
    if (char === '"') return { text: text.slice(0, WORD_LIMIT), end: at };
    if (char !== "\\") {
      text += char;
      continue;
    }
    const letter = line[at++];
    const escaped = letter === undefined ? undefined : ESCAPES[letter];
    if (escaped === undefined) return undefined;
    text += escaped;
  }
}

/** Words that a line may have where it is only looked at: for help and completion. */
const WORDS_LIMIT = 16;

/** All words of a line; undefined when it has too many or one that does not end. */
export function readWords(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (isBlank(line[at])) at++;
    if (at >= line.length) return words;
    const word = readWord(line, at);
    if (word === undefined || words.length === WORDS_LIMIT) return undefined;
    words.push(word.text);
    at = word.end;
  }
}
