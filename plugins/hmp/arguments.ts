/** What an argument of a human command is made of. The comments name the peer's letters in `args_type`. */
export type HumanType =
  /** A word; in quotation marks it may have blanks (`s`). */
  | "text"
  /** A word that names a file (`F`). */
  | "file"
  /** A word that names a block device (`B`). */
  | "block"
  /** The rest of the line, with its blanks; always the last argument (`S`). */
  | "rest"
  /** `driver,property=value,…` as the peer's older option syntax reads it (`O`). */
  | "options"
  /** A number expression that must fit into 32 bits (`i`). */
  | "int"
  /** A number expression of 64 bits (`l`). */
  | "long"
  /** Mebibytes, or a number with a unit; counted in bytes (`M`). */
  | "megabytes"
  /** A number with a unit: bytes (`o`). */
  | "size"
  /** `on` or `off` (`b`). */
  | "switch"
  /** `/` with a count, a format and a unit, or nothing (`/`). */
  | "format"
  /** `-f` (`-`). */
  | "flag"
  /** `-f word` (`-fs`). */
  | "flag-text";

/** How `x`, `print` and `i` show values: `/10xw`. */
export interface DisplayFormat {
  readonly count: number;
  /** hexadecimal, decimal, unsigned, octal, character, instruction. */
  readonly format: "x" | "d" | "u" | "o" | "c" | "i";
  /** Bytes of one value; -1 when nobody has said. */
  readonly size: 1 | 2 | 4 | 8 | -1;
}

export interface HumanArgument<T = unknown, O extends boolean = boolean> {
  readonly type: HumanType;
  readonly optional: O;
  /** The letter of a flag. */
  readonly letter?: string;
  /** An optional number that is only there behind a full stop: `i /b 0x70.3`. */
  readonly behindStop?: boolean;
  /** No value has it: it carries the type of what `run` is given. */
  readonly value?: T;
}

/** In the order of the command line. */
export interface HumanArguments {
  readonly [name: string]: HumanArgument;
}
type Given<A> = A extends HumanArgument<infer T> ? T : never;
export type HumanValues<A extends HumanArguments> = {
  readonly [K in keyof A as A[K]["optional"] extends true ? never : K]: Given<A[K]>;
} & { readonly [K in keyof A as A[K]["optional"] extends true ? K : never]?: Given<A[K]> };

const make = <T>(type: HumanType): HumanArgument<T, false> => ({ type, optional: false });

/** Builders: `{ path: h.optional(h.text), brief: h.flag("b") }`. */
export const h = {
  text: make<string>("text"),
  file: make<string>("file"),
  block: make<string>("block"),
  rest: make<string>("rest"),
  options: make<{ readonly [key: string]: string }>("options"),
  int: make<number>("int"),
  long: make<bigint>("long"),
  size: make<bigint>("size"),
  megabytes: make<bigint>("megabytes"),
  onOff: make<boolean>("switch"),
  format: make<DisplayFormat>("format"),
  flag: (letter: string): HumanArgument<boolean, false> => ({ type: "flag", optional: false, letter }),
  flagText: (letter: string): HumanArgument<string, true> => ({ type: "flag-text", optional: true, letter }),
  optional: <T>(argument: HumanArgument<T, false>): HumanArgument<T, true> => ({ ...argument, optional: true }),
  behindStop: <T>(argument: HumanArgument<T, false>): HumanArgument<T, true> => ({
    ...argument,
    optional: true,
    behindStop: true,
  }),
} as const;
