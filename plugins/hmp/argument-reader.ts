import { isIdentifier } from "backplane";
import type { DisplayFormat, HumanArgument, HumanArguments } from "./arguments.ts";
import type { DisplayFormats } from "./display-format.ts";
import { ExpressionReader, HumanSyntaxError, isBlank, type Registers } from "./expression.ts";
import { readOptions } from "./options-text.ts";
import { readWord } from "./word.ts";

type Value = string | number | bigint | boolean | DisplayFormat | { readonly [key: string]: string };

const EXPECTED = { text: "string", file: "filename", block: "block device name" } as const;
const MEBIBYTE = 1n << 20n;
const UNITS = "BKMGTPE";

/** Reads a command's arguments from the rest of its line. */
export class ArgumentReader {
  readonly #title: string;
  readonly #line: string;
  readonly #formats: DisplayFormats;
  readonly #registers: Registers;
  #at = 0;

  constructor(title: string, line: string, formats: DisplayFormats, registers: Registers) {
    this.#title = title;
    this.#line = line;
    this.#formats = formats;
    this.#registers = registers;
  }

  /** Throws `HumanSyntaxError`. */
  read(declared: HumanArguments): { readonly [name: string]: Value } {
    const values: { [name: string]: Value } = {};
    const all = Object.entries(declared);
    for (const [index, [name, argument]] of all.entries()) {
      this.#skipBlanks();
      const later = all.slice(index + 1).map(([, other]) => other);
      const value = this.#value(argument, later);
      if (value !== undefined) values[name] = value;
    }
    this.#skipBlanks();
    if (!this.#isAtEnd) this.#refuse("extraneous characters at the end of line");
    return values;
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#line.length;
  }

  #value(argument: HumanArgument, later: readonly HumanArgument[]): Value | undefined {
    const { type } = argument;
    if (type === "flag") return this.#flag(argument, later);
    if (type === "flag-text") return this.#flag(argument, later) ? this.#flagText(argument) : undefined;
    if (argument.behindStop === true) {
      if (this.#line[this.#at] !== ".") return undefined;
      this.#at++;
      this.#skipBlanks();
    } else if (argument.optional && this.#isAtEnd) return undefined;
    switch (type) {
      case "text":
      case "file":
      case "block":
        return this.#word() ?? this.#refuse(`${EXPECTED[type]} expected`);
      case "rest":
        return this.#rest();
      case "options":
        // No options are none; what makes the device says what it misses.
        return this.#isAtEnd ? {} : this.#options();
      case "int":
        return this.#int();
      case "long":
        return this.#expression();
      case "megabytes":
        return this.#megabytes();
      case "size":
        return this.#size();
      case "switch":
        return this.#switch();
      case "format": {
        const { format, end } = this.#formats.read(this.#line, this.#at);
        this.#at = end;
        return format;
      }
    }
  }

  /** Flags come in the order of their declaration: one that is declared later ends the search for this one. */
  #flag({ letter = "" }: HumanArgument, later: readonly HumanArgument[]): boolean {
    if (this.#line[this.#at] !== "-") return false;
    const given = this.#line[this.#at + 1];
    if (given === letter) {
      this.#at += 2;
      return true;
    }
    if (given !== undefined && later.some((other) => other.letter === given)) return false;
    // Without a letter the peer prints a zero byte, which ends its text there.
    throw new HumanSyntaxError(`${this.#title}: unsupported option -${given ?? "\0"}`);
  }

  #flagText({ letter = "" }: HumanArgument): string {
    return this.#word() ?? this.#refuse(`value expected for -${letter}`);
  }

  #word(): string | undefined {
    const word = readWord(this.#line, this.#at);
    if (word !== undefined) this.#at = word.end;
    return word?.text;
  }

  /** What is wrong with an id the peer tells its standard error, and nobody here. */
  #options(): { readonly [key: string]: string } {
    const options = readOptions(this.#word() ?? this.#refuse("string expected"), "driver");
    const { id } = options;
    if (id !== undefined && !isIdentifier(id)) throw new HumanSyntaxError("\0");
    return options;
  }

  #rest(): string {
    if (this.#isAtEnd) this.#refuse("string expected");
    const text = this.#line.slice(this.#at);
    this.#at = this.#line.length;
    return text;
  }

  #expression(): bigint {
    const reader = new ExpressionReader(this.#line, this.#at, this.#registers);
    const value = reader.read();
    this.#at = reader.at;
    return value;
  }

  #int(): number {
    const value = this.#expression();
    if (value < 0n || value >= 1n << 32n) {
      throw new HumanSyntaxError(`'${this.#title}' has failed: integer is for 32-bit values`);
    }
    return Number(value);
  }

  #megabytes(): bigint {
    const value = this.#expression();
    if (value < 0n) throw new HumanSyntaxError("enter a positive value");
    return BigInt.asIntN(64, value * MEBIBYTE);
  }

  /** Mebibytes unless a unit says something else. */
  #size(): bigint {
    const found = /^(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)([bkmgtpeBKMGTPE]?)/.exec(
      this.#line.slice(this.#at),
    );
    const [all = "", digits = "", unit = ""] = found ?? [];
    const scale = unit === "" ? MEBIBYTE : 1n << (10n * BigInt(UNITS.indexOf(unit.toUpperCase())));
    const value = digits.includes(".") ? fraction(digits, scale) : BigInt(digits === "" ? 0 : digits) * scale;
    if (found === null || value >= 1n << 63n) throw new HumanSyntaxError("invalid size");
    this.#at += all.length;
    return value;
  }

  #switch(): boolean {
    const [word = ""] = /^[!-~]*/.exec(this.#line.slice(this.#at)) ?? [];
    if (word !== "on" && word !== "off") throw new HumanSyntaxError("Expected 'on' or 'off'");
    this.#at += word.length;
    return word === "on";
  }

  #skipBlanks(): void {
    while (isBlank(this.#line[this.#at])) this.#at++;
  }

  #refuse(text: string): never {
    throw new HumanSyntaxError(`${this.#title}: ${text}`);
  }
}

function fraction(digits: string, scale: bigint): bigint {
  const [whole = "", part = ""] = digits.split(".");
  return (
    BigInt(whole === "" ? 0 : whole) * scale + (BigInt(part === "" ? 0 : part) * scale) / 10n ** BigInt(part.length)
  );
}
