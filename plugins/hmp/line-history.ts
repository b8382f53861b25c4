const LINES = 64;

/** The lines that were entered, oldest first, each once; and where somebody looks who goes through them. */
export class LineHistory {
  readonly #lines: string[] = [];
  /** Undefined: at the line that is being written. */
  #at: number | undefined;

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The line before; undefined when there is none. */
  up(): string | undefined {
    const at = this.#at ?? this.#lines.length;
    if (at === 0) return undefined;
    this.#at = at - 1;
    return this.#lines[this.#at];
  }

  /** The line behind, an empty one behind the last; undefined when nobody has gone up. */
  down(): string | undefined {
    if (this.#at === undefined) return undefined;
    const next = this.#lines[this.#at + 1];
    this.#at = next === undefined ? undefined : this.#at + 1;
    return next ?? "";
  }

  /** A line that was there already goes to the end. */
  add(line: string): void {
    if (line === "") return;
    const isSeen = this.#at !== undefined && this.#lines[this.#at] === line;
    const at = isSeen ? (this.#at ?? -1) : this.#lines.indexOf(line);
    // The peer forgets to leave the history here.
    if (at === LINES - 1) return;
    if (at >= 0) this.#lines.splice(at, 1);
    else if (this.#lines.length === LINES) this.#lines.shift();
    this.#lines.push(line);
    this.#at = undefined;
  }
}
