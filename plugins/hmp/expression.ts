/** A line that cannot be read; its text is printed with a newline, unless it has none to be followed by. */
export class HumanSyntaxError extends Error {
  override readonly name = "HumanSyntaxError";
}

/** The value of `$name`, or undefined when there is no such register. */
export type Registers = (name: string) => bigint | undefined;

const BLANK = /[ \t\n\v\f\r]/;
export const isBlank = (char: string | undefined): boolean => char !== undefined && BLANK.test(char);

/** What joins two operands, loosest first. That sums bind looser than logic is the peer's grammar. */
const LEVELS: readonly string[] = ["+-", "&|^", "*/%"];
/** As `strtoull` reads a number with its base. */
const NUMBER = /^(?:0[xX]([0-9a-fA-F]+)|0([0-7]*)|([1-9][0-9]*))/;
const LARGEST = (1n << 64n) - 1n;

/** Reads a number expression of the human monitor: 64 bits, signed, wrapping round. */
export class ExpressionReader {
  readonly #text: string;
  readonly #registers: Registers;
  #at: number;

  constructor(text: string, at: number, registers: Registers) {
    this.#text = text;
    this.#at = at;
    this.#registers = registers;
  }

  /** Where reading has ended. */
  get at(): number {
    return this.#at;
  }

  /** Throws `HumanSyntaxError`. */
  read(): bigint {
    this.#skipBlanks();
    return this.#level(0);
  }

  #level(depth: number): bigint {
    const operators = LEVELS[depth];
    if (operators === undefined) return this.#unary();
    let value = this.#level(depth + 1);
    for (;;) {
      const operator = this.#text[this.#at];
      if (operator === undefined || !operators.includes(operator)) return value;
      this.#step();
      value = BigInt.asIntN(64, combine(operator, value, this.#level(depth + 1)));
    }
  }

  #unary(): bigint {
    const char = this.#text[this.#at];
    switch (char) {
      case undefined:
        throw new HumanSyntaxError("unexpected end of expression");
      case "+":
        this.#step();
        return this.#unary();
      case "-":
        this.#step();
        return BigInt.asIntN(64, -this.#unary());
      case "~":
        this.#step();
        return ~this.#unary();
      case "(":
        return this.#parenthesis();
      case "'":
        return this.#character();
      case "$":
        return this.#register();
      default:
        return this.#number(char);
    }
  }

  #parenthesis(): bigint {
    this.#step();
    const value = this.#level(0);
    if (this.#text[this.#at] !== ")") throw new HumanSyntaxError("')' expected");
    this.#step();
    return value;
  }

  #character(): bigint {
    const char = this.#text[++this.#at];
    if (char === undefined) throw new HumanSyntaxError("character constant expected");
    if (this.#text[++this.#at] !== "'") throw new HumanSyntaxError("missing terminating ' character");
    this.#step();
    return BigInt(char.charCodeAt(0));
  }

  #register(): bigint {
    const [name = ""] = /^[a-zA-Z0-9_.]*/.exec(this.#text.slice(this.#at + 1)) ?? [];
    this.#at += 1 + name.length;
    this.#skipBlanks();
    const value = this.#registers(name);
    if (value === undefined) throw new HumanSyntaxError("unknown register");
    return BigInt.asIntN(64, value);
  }

  #number(char: string): bigint {
    const found = NUMBER.exec(this.#text.slice(this.#at));
    if (found === null) throw new HumanSyntaxError(`invalid char '${char}' in expression`);
    const [digits, hexadecimal, octal] = found;
    const value =
      hexadecimal !== undefined ? BigInt(`0x${hexadecimal}`) : BigInt(octal === undefined ? digits : `0o0${octal}`);
    if (value > LARGEST) throw new HumanSyntaxError("number too large");
    this.#at += digits.length;
    this.#skipBlanks();
    return BigInt.asIntN(64, value);
  }

  /** Over one character and the blanks behind it. */
  #step(): void {
    this.#at++;
    this.#skipBlanks();
  }

  #skipBlanks(): void {
    while (isBlank(this.#text[this.#at])) this.#at++;
  }
}

function combine(operator: string, left: bigint, right: bigint): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    default:
      if (right === 0n) throw new HumanSyntaxError("division by zero");
      return operator === "/" ? left / right : left % right;
  }
}
