// Data objects: ACPI 6.5 §20.2.3, their ASL macros §19.3.2 (EISAID) and §19.6.142 (ToUUID), and how a TypeScript value
// becomes a term.
import { AmlNode, bytesToCode, byteCode, joinCode, littleEndian } from "./node.ts";
import { nameCode } from "./names.ts";
import { withLength } from "./package-length.ts";

/** What stands for a term argument: a number is an integer, a string is the name of an object, a node is itself. */
export type Term = AmlNode | number | bigint | string;

export const Zero = new AmlNode("\x00");
export const One = new AmlNode("\x01");
/** All bits set, in the width that the table's revision gives to integers. */
export const Ones = new AmlNode("\xff");

function encodeInteger(value: number | bigint): AmlNode {
  if (value < 0 || value > 0xffff_ffff_ffff_ffffn || (typeof value === "number" && !Number.isSafeInteger(value))) {
    throw new RangeError(`${value} is not an AML integer`);
  }
  if (value <= 0xff) return new AmlNode(`\x0a${littleEndian(value, 1)}`);
  if (value <= 0xffff) return new AmlNode(`\x0b${littleEndian(value, 2)}`);
  if (value <= 0xffff_ffff) return DWord(Number(value));
  return new AmlNode(`\x0e${littleEndian(value, 8)}`);
}

const smallIntegers = Array.from({ length: 0x100 }, (_, value) =>
  value === 0 ? Zero : value === 1 ? One : encodeInteger(value),
);

/** An integer in its shortest form. */
export function Integer(value: number | bigint): AmlNode {
  return smallIntegers[Number(value)] ?? encodeInteger(value);
}

/** An integer in four bytes even if fewer would do, so that it can be patched. */
export function DWord(value: number): AmlNode {
  return new AmlNode(`\x0c${littleEndian(value, 4)}`);
}

export function termCode(term: Term): string {
  if (term instanceof AmlNode) return term.code;
  return typeof term === "string" ? nameCode(term) : Integer(term).code;
}

/** A string; AML has ASCII without the null character. */
export function Text(value: string): AmlNode {
  if (!/^\p{ASCII}*$/u.test(value) || value.includes("\0"))
    throw new RangeError(`${JSON.stringify(value)} is not an AML string`);
  return new AmlNode(`\x0d${value}\0`);
}

/** Text in UTF-16, as `_STR` has it (§19.6.143). */
export function Unicode(value: string): AmlNode {
  return Bytes(new Uint8Array(Buffer.from(`${value}\0`, "utf16le")));
}

/** A buffer of its initializer's size. */
export function Bytes(bytes: ArrayLike<number>): AmlNode {
  return bufferOf(bytesToCode(bytes));
}

export function ZeroBytes(size: number): AmlNode {
  return bufferOf("\0".repeat(size));
}

export function bufferOf(code: string): AmlNode {
  return new AmlNode(`\x11${withLength(Integer(code.length).code + code)}`);
}

/** A package with as many elements as are given; further ones, up to `size`, are uninitialized. */
export function Package(elements: readonly Term[], size = elements.length): AmlNode {
  if (size < elements.length) throw new RangeError(`${elements.length} elements do not fit a package of ${size}`);
  let code = byteCode(size, "a package's size");
  for (const element of elements) code += termCode(element);
  return new AmlNode(`\x12${withLength(code)}`);
}

/** A package whose size is computed when it is evaluated, or exceeds 255. */
export function VarPackage(size: Term, elements: readonly Term[] = []): AmlNode {
  return new AmlNode(`\x13${withLength(termCode(size) + elements.map(termCode).join(""))}`);
}

/** A name as a value rather than as the object it names: only needed where a string would be ambiguous to a reader. */
export function Ref(path: string): AmlNode {
  return new AmlNode(nameCode(path));
}

/** A compressed Plug and Play identifier: three letters of five bits and four hexadecimal digits, big-endian. */
export function EisaId(id: string): AmlNode {
  const match = /^([A-Z])([A-Z])([A-Z])([0-9A-F]{4})$/.exec(id);
  if (!match) throw new RangeError(`"${id}" is not an EISA ID`);
  const [, a = "", b = "", c = "", product = ""] = match;
  const letters = [a, b, c].reduce((bits, letter) => (bits << 5) | (letter.charCodeAt(0) - 0x40), 0);
  const digits = parseInt(product, 16);
  return new AmlNode(`\x0c${bytesToCode([letters >> 8, letters & 0xff, digits >> 8, digits & 0xff])}`);
}

/** A UUID as a buffer: its first three fields are little-endian. */
export function ToUUID(uuid: string): AmlNode {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) throw new RangeError(`"${uuid}" is not a UUID`);
  const raw = Buffer.from(uuid.replaceAll("-", ""), "hex");
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Bytes(order.map((at) => raw[at] ?? 0));
}

/** Terms without any wrapping; useful where a builder returns one node. */
export function Terms(...nodes: readonly AmlNode[]): AmlNode {
  return new AmlNode(joinCode(nodes));
}
