import { isBlank } from "./expression.ts";
import { KeyDecoder, type Edit } from "./key-decoder.ts";
import { LineHistory } from "./line-history.ts";

const LINE_LIMIT = 4095;
const COMPLETIONS_LIMIT = 256;
const TERMINAL_COLUMNS = 80;
const NARROWEST = 10;

const LEFT = "\x1b[D";
const RIGHT = "\x1b[C";
const CLEAR_TO_END = "\x1b[K";
const CLEAR_SCREEN = "\x1b[2J\x1b[1;1H";

export interface LineEditorEvents {
  /** To the terminal; `\n` ends a line. */
  write(text: string): void;
  /** A line was entered. The editor shows no prompt until it is told to. */
  entered(line: string): void;
  /** What the last word before the cursor may become. */
  complete(text: string): Completions;
}

export interface Completions {
  readonly candidates: readonly string[];
  /** How much of them has been written. */
  readonly length: number;
}

/**
 * A line that is edited on a terminal. Its characters are bytes, as they came; what is shown follows the peer's way of
 * drawing, sequence for sequence.
 */
export class LineEditor {
  readonly history = new LineHistory();
  readonly #prompt: string;
  readonly #events: LineEditorEvents;
  readonly #keys = new KeyDecoder();
  #line = "";
  #cursor = 0;
  /** What stands on the terminal behind the prompt, and where its cursor is. */
  #shown = { line: "", cursor: 0 };

  constructor(prompt: string, events: LineEditorEvents) {
    this.#prompt = prompt;
    this.#events = events;
  }

  /** A line that was begun is shown again with the next key. */
  showPrompt(): void {
    this.#events.write(this.#prompt);
    this.#shown = { line: "", cursor: 0 };
    this.#keys.reset();
  }

  /** Takes one byte. True when it has entered a line. */
  take(byte: number): boolean {
    const key = this.#keys.decode(byte);
    if (key.does === "enter") {
      this.#enter();
      return true;
    }
    this.#edit(key);
    this.#draw();
    return false;
  }

  #edit(key: Edit): void {
    switch (key.does) {
      case "insert":
        return this.#insert(key.char);
      case "home":
        this.#cursor = 0;
        return;
      case "end":
        this.#cursor = this.#line.length;
        return;
      case "left":
        this.#cursor = Math.max(0, this.#cursor - 1);
        return;
      case "right":
        this.#cursor = Math.min(this.#line.length, this.#cursor + 1);
        return;
      case "up":
        return this.#replace(this.history.up());
      case "down":
        return this.#replace(this.history.down());
      case "delete":
        return this.#remove(this.#cursor, this.#cursor + 1);
      case "backspace":
        return this.#remove(Math.max(0, this.#cursor - 1), this.#cursor);
      case "kill":
        return this.#remove(0, this.#cursor);
      case "kill-word":
        return this.#remove(this.#wordStart(), this.#cursor);
      case "complete":
        return this.#complete();
      case "clear":
        this.#events.write(CLEAR_SCREEN);
        return this.showPrompt();
      case "nothing":
    }
  }

  #enter(): void {
    const line = this.#line;
    this.history.add(line);
    this.#events.write("\n");
    this.#line = "";
    this.#cursor = 0;
    this.#shown = { line: "", cursor: 0 };
    this.#events.entered(line);
  }

  #insert(text: string): void {
    const fitting = text.slice(0, LINE_LIMIT - this.#line.length);
    this.#line = this.#line.slice(0, this.#cursor) + fitting + this.#line.slice(this.#cursor);
    this.#cursor += fitting.length;
  }

  #remove(from: number, to: number): void {
    this.#line = this.#line.slice(0, from) + this.#line.slice(to);
    this.#cursor = from;
  }

  #replace(line: string | undefined): void {
    if (line === undefined) return;
    this.#line = line;
    this.#cursor = line.length;
  }

  /** Where the word before the cursor begins, with the blanks behind it. */
  #wordStart(): number {
    let at = this.#cursor - 1;
    while (at > 0 && isBlank(this.#line[at])) at--;
    while (at > 0 && !isBlank(this.#line[at])) at--;
    // At the very start there is no blank to be kept.
    return at > 0 ? at + 1 : 0;
  }

  #complete(): void {
    const { candidates, length } = this.#events.complete(this.#line.slice(0, this.#cursor));
    const all = [...new Set(candidates)].slice(0, COMPLETIONS_LIMIT);
    const [only] = all;
    if (only === undefined) return;
    if (all.length === 1) {
      this.#insert(only.slice(length));
      // A folder goes on.
      if (only !== "" && !only.endsWith("/")) this.#insert(" ");
      return;
    }
    all.sort((left, right) => (left < right ? -1 : 1));
    this.#events.write("\n");
    this.#insert(commonPrefix(all).slice(length));
    this.#events.write(inColumns(all));
    this.showPrompt();
  }

  /** Draws the line anew when it has changed, then moves the cursor where it belongs. */
  #draw(): void {
    const { line, cursor } = this.#shown;
    let text = "";
    let at = cursor;
    if (line !== this.#line) {
      text = LEFT.repeat(cursor) + this.#line + CLEAR_TO_END;
      at = this.#line.length;
    }
    const step = this.#cursor - at;
    text += step < 0 ? LEFT.repeat(-step) : RIGHT.repeat(step);
    this.#shown = { line: this.#line, cursor: this.#cursor };
    if (text !== "") this.#events.write(text);
  }
}

function commonPrefix(sorted: readonly string[]): string {
  const [first = ""] = sorted;
  const last = sorted.at(-1) ?? "";
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}

function inColumns(words: readonly string[]): string {
  const longest = Math.max(...words.map(({ length }) => length));
  const width = Math.min(Math.max(longest + 2, NARROWEST), TERMINAL_COLUMNS);
  const perLine = Math.floor(TERMINAL_COLUMNS / width);
  return words
    .map((word, index) => {
      const endsLine = (index + 1) % perLine === 0 || index === words.length - 1;
      return word.padEnd(width) + (endsLine ? "\n" : "");
    })
    .join("");
}
