// The value that all builders return: a piece of AML, already encoded (ACPI 6.5 §20.2).

/**
 * Encoded AML. `code` holds one character per byte: concatenating strings copies nothing until the whole is read, so
 * deep nesting costs no more than a flat list, and a node cannot be changed by anyone.
 */
export class AmlNode {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }

  get length(): number {
    return this.code.length;
  }

  toBytes(): Uint8Array {
    return new Uint8Array(Buffer.from(this.code, "latin1"));
  }
}

/** The terms one behind the other: the body of a table, a method or a scope. */
export function joinCode(nodes: readonly AmlNode[]): string {
  let code = "";
  for (const node of nodes) code += node.code;
  return code;
}

/** A term list as a table body. */
export function encodeTerms(nodes: readonly AmlNode[]): Uint8Array {
  return new AmlNode(joinCode(nodes)).toBytes();
}

/** An integer of `width` bytes, little-endian. Values beyond the width are cut off. */
export function littleEndian(value: number | bigint, width: number): string {
  let code = "";
  if (typeof value === "bigint") {
    for (let rest = value, i = 0; i < width; i++, rest >>= 8n) code += String.fromCharCode(Number(rest & 0xffn));
    return code;
  }
  for (let rest = value, i = 0; i < width; i++, rest = Math.floor(rest / 0x100))
    code += String.fromCharCode(rest % 0x100);
  return code;
}

export function bytesToCode(bytes: ArrayLike<number>): string {
  let code = "";
  for (let i = 0; i < bytes.length; i++) code += String.fromCharCode(bytes[i] ?? 0);
  return code;
}

/** A single byte; refuses what would not fit, because a count that wraps corrupts everything behind it. */
export function byteCode(value: number, what: string): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) throw new RangeError(`${what} is ${value}, not a byte`);
  return String.fromCharCode(value);
}
