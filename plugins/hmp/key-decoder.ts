/** What a key does to the line. */
export type Key = Edit | { readonly does: "enter" };
export type Edit =
  | { readonly does: "insert"; readonly char: string }
  | {
      readonly does:
        | "home"
        | "end"
        | "left"
        | "right"
        | "up"
        | "down"
        | "delete"
        | "backspace"
        | "kill"
        | "kill-word"
        | "complete"
        | "clear"
        | "nothing";
    };

const NOTHING: Key = { does: "nothing" };
const CONTROL: { readonly [code: number]: Key["does"] } = {
  0x01: "home",
  0x04: "delete",
  0x05: "end",
  0x08: "backspace",
  0x09: "complete",
  0x0a: "enter",
  0x0c: "clear",
  0x0d: "enter",
  0x0e: "down",
  0x10: "up",
  0x15: "kill",
  0x17: "kill-word",
  0x7f: "backspace",
};
/** Behind `ESC [`, or the single byte that stands for it (ECMA-48 §8.3.16). */
const SEQUENCE: { readonly [final: string]: Key["does"] } = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  E: "down",
  F: "up",
};
/** `ESC [ N ~`, as the terminals of DEC number their editing keys. */
const NUMBERED: { readonly [parameter: number]: Key["does"] } = { 1: "home", 3: "delete", 4: "end" };
/** Behind `ESC O`: keys of a terminal in application mode. */
const APPLICATION: { readonly [final: string]: Key["does"] } = { F: "end", H: "home" };

const ESCAPE = 0x1b;
const SEQUENCE_INTRODUCER = 0x9b;
const PARAMETER_LIMIT = 9999;

/** Makes keys of the bytes that a terminal sends. Every byte is one key; inside a sequence it does nothing. */
export class KeyDecoder {
  #state: "plain" | "escape" | "sequence" | "application" = "plain";
  #parameter = 0;

  /** Whatever was begun is forgotten. */
  reset(): void {
    this.#state = "plain";
  }

  decode(byte: number): Key {
    switch (this.#state) {
      case "plain":
        return this.#plain(byte);
      case "escape":
        this.#state = byte === 0x5b ? "sequence" : byte === 0x4f ? "application" : "plain";
        this.#parameter = 0;
        return NOTHING;
      case "sequence":
        return this.#sequence(String.fromCharCode(byte));
      case "application":
        this.#state = "plain";
        return keyOf(APPLICATION[String.fromCharCode(byte)]);
    }
  }

  #plain(byte: number): Key {
    if (byte === ESCAPE) this.#state = "escape";
    else if (byte === SEQUENCE_INTRODUCER) this.#state = "sequence";
    else if (byte >= 0x20 && byte !== 0x7f) return { does: "insert", char: String.fromCharCode(byte) };
    else return keyOf(CONTROL[byte]);
    return NOTHING;
  }

  #sequence(char: string): Key {
    if (char >= "0" && char <= "9") {
      this.#parameter = Math.min(this.#parameter * 10 + Number(char), PARAMETER_LIMIT);
      return NOTHING;
    }
    this.#state = "plain";
    return keyOf(char === "~" ? NUMBERED[this.#parameter] : SEQUENCE[char]);
  }
}

function keyOf(does: Key["does"] | undefined): Key {
  return does === undefined || does === "insert" ? NOTHING : { does };
}
