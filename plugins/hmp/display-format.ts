import type { DisplayFormat } from "./arguments.ts";
import { HumanSyntaxError, isBlank } from "./expression.ts";

const SIZES: { readonly [letter: string]: 1 | 2 | 4 | 8 } = { b: 1, h: 2, w: 4, g: 8, L: 8 };

/** Reads `/10xw`, and remembers format and size for the next command that says nothing of them. */
export class DisplayFormats {
  #format: DisplayFormat["format"] = "x";
  #size: 1 | 2 | 4 | 8 = 4;

  /** `at` is on the stroke, or on something else when there is none. */
  read(line: string, at: number): { readonly format: DisplayFormat; readonly end: number } {
    if (line[at] !== "/") return { format: this.#filled(1, undefined, undefined), end: at };
    const [digits = ""] = /^[0-9]*/.exec(line.slice(at + 1)) ?? [];
    let end = at + 1 + digits.length;
    let format: DisplayFormat["format"] | undefined;
    let size: 1 | 2 | 4 | 8 | undefined;
    for (;;) {
      const char = line[end];
      if (char === undefined || isBlank(char)) break;
      if (isFormat(char)) format = char;
      else {
        size = Object.hasOwn(SIZES, char) ? SIZES[char] : undefined;
        if (size === undefined) throw new HumanSyntaxError(`invalid char in format: '${char}'`);
      }
      end++;
    }
    const result = this.#filled(digits === "" ? 1 : Number(BigInt.asIntN(32, BigInt(digits))), format, size);
    if (result.size !== -1 && result.format !== "i") this.#size = result.size;
    this.#format = result.format;
    return { format: result, end };
  }

  /** Instructions have the size of the processor's mode unless one is given. */
  #filled(
    count: number,
    format: DisplayFormat["format"] = this.#format,
    size: 1 | 2 | 4 | 8 | undefined,
  ): DisplayFormat {
    return { count, format, size: size ?? (format === "i" ? -1 : this.#size) };
  }
}

function isFormat(char: string): char is DisplayFormat["format"] {
  return char.length === 1 && "oduxic".includes(char);
}
