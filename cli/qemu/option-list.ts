import { isIdentifier, machineErrors, parseInteger, parseSize } from "backplane";
import { commandLineErrors } from "./errors.ts";
import type { Messages } from "./messages.ts";
import { at, Exit, originOf, type Occurrence } from "./occurrence.ts";
import { isHelp, splitPairs, type OptionPair } from "./option-text.ts";

export type FieldType = "str" | "bool" | "num" | "size";
const FIELD_WORDS: { readonly [T in FieldType]: string } = {
  str: "str",
  bool: "bool (on/off)",
  num: "num",
  size: "size",
};

/** What one option, or several that merge, came to. */
export interface OptionGroup {
  readonly id: string | undefined;
  readonly pairs: OptionPair[];
  readonly occurrence: Occurrence;
}

export interface OptionListShape {
  /** As messages name it: `Duplicate ID 'x' for NAME`. */
  readonly name: string;
  /** The key of a first value without one. */
  readonly implied?: string;
  /** Occurrences add to one group, and there are no ids. */
  readonly merges?: boolean;
  /** Keys that exist; without them every key does. */
  readonly fields?: { readonly [key: string]: FieldType };
}

/** All occurrences of an option that is read in the older syntax. */
export class OptionList {
  readonly groups: OptionGroup[] = [];
  readonly shape: OptionListShape;
  readonly #messages: Messages;
  readonly #print: (text: string) => void;

  constructor(shape: OptionListShape, messages: Messages, print: (text: string) => void) {
    this.shape = shape;
    this.#messages = messages;
    this.#print = print;
  }

  /** Reads one occurrence. Throws what is wrong with it, or `Exit` after printing help. */
  add(occurrence: Occurrence, argument = occurrence.argument): OptionGroup {
    return at(occurrence, () => {
      const pairs = splitPairs(argument, this.shape.implied);
      const group = this.#group(idOf(pairs, argument), occurrence);
      for (const pair of pairs) {
        if (pair.bare !== undefined) this.#bare(pair, occurrence);
        if (pair.key === "id") continue;
        this.set(group, pair);
      }
      return group;
    });
  }

  /** Adds a pair after checking it against the fields. */
  set(group: OptionGroup, pair: OptionPair): void {
    const { fields } = this.shape;
    if (fields !== undefined) {
      const type = Object.hasOwn(fields, pair.key) ? fields[pair.key] : undefined;
      if (type === undefined) throw commandLineErrors.KEY_INVALID(pair.key);
      checkValue(type, pair);
    }
    group.pairs.push(pair);
  }

  find(id: string): OptionGroup | undefined {
    return this.groups.find((group) => group.id === id);
  }

  /** The keys, as `-boot help` prints them. */
  help(): string {
    const fields = Object.entries(this.shape.fields ?? {}).map(([key, type]) => `  ${key}=<${FIELD_WORDS[type]}>\n`);
    return `${this.shape.name} options:\n${fields.sort().join("")}`;
  }

  #group(id: string | undefined, occurrence: Occurrence): OptionGroup {
    if (this.shape.merges === true) {
      if (id !== undefined) throw commandLineErrors.KEY_INVALID("id");
      const first = this.groups[0];
      if (first !== undefined) return first;
    } else if (id !== undefined) {
      if (!isIdentifier(id)) throw machineErrors.ID_MALFORMED("id");
      if (this.find(id) !== undefined) throw commandLineErrors.ID_DUPLICATE(id, this.shape.name);
    }
    const group: OptionGroup = { id, pairs: [], occurrence };
    this.groups.push(group);
    return group;
  }

  #bare({ key, value, bare }: OptionPair, occurrence: Occurrence): void {
    if (bare === undefined) return;
    if (bare.prefix === "" && isHelp(key)) {
      if (this.shape.fields === undefined) return;
      this.#print(this.help());
      throw new Exit(1);
    }
    this.#messages.warning(`short-form boolean option '${bare.prefix}${key}' deprecated`, originOf(occurrence));
    const advice = key === "delay" ? `nodelay=${bare.prefix === "" ? "off" : "on"}` : `${key}=${value}`;
    this.#messages.line(`Please use ${advice} instead`);
  }
}

/** The first `id`, as the option is read without an implied key. */
function idOf(pairs: readonly OptionPair[], argument: string): string | undefined {
  return pairs.find(({ key }) => key === "id")?.value ?? splitPairs(argument).find(({ key }) => key === "id")?.value;
}

/** The last value of a key. */
export function valueOf(group: OptionGroup | undefined, key: string): string | undefined {
  return group?.pairs.findLast((pair) => pair.key === key)?.value;
}

const ON_OFF = new Set(["on", "yes", "true", "y", "off", "no", "false", "n"]);

/** `on`, `yes`, `true`, `y` and their opposites. */
export function switchValue(key: string, text: string): boolean {
  if (!ON_OFF.has(text)) throw commandLineErrors.VALUE_EXPECTED(key, "'on' or 'off'");
  return text === "on" || text === "yes" || text === "true" || text === "y";
}

function checkValue(type: FieldType, { key, value }: OptionPair): void {
  switch (type) {
    case "str":
      return;
    case "bool":
      switchValue(key, value);
      return;
    case "num": {
      const number = parseInteger(value);
      if (number === undefined) throw commandLineErrors.VALUE_EXPECTED(key, "a number");
      if (Math.abs(number) >= 2 ** 64) throw commandLineErrors.VALUE_LARGE(key, value);
      return;
    }
    case "size":
      sizeValue(key, value);
  }
}

/** Bytes. Throws `VALUE_SIZE`, `VALUE_RANGE`. */
export function sizeValue(key: string, text: string): number {
  if (/^\s*-\s*\d/.test(text)) throw commandLineErrors.VALUE_RANGE(key, text);
  const bytes = parseSize(text);
  if (bytes === undefined) throw commandLineErrors.VALUE_SIZE(key);
  if (bytes >= 2 ** 64) throw commandLineErrors.VALUE_RANGE(key, text);
  return bytes;
}
