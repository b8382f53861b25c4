// Expressions: ACPI 6.5 §20.2.5.4, arguments and locals §20.2.6.1 and §20.2.6.2, the debug object §20.2.6.3.
import { type Term, termCode } from "./data.ts";
import { AmlNode } from "./node.ts";
import { nameCode } from "./names.ts";

/** The null name: the result is only returned. */
const NO_TARGET = "\0";

export const Local = numbered(0x60, 8, "local");
export const Arg = numbered(0x68, 7, "argument");
export const Debug = new AmlNode("\x5b\x31");

function numbered(first: number, count: number, what: string): (index: number) => AmlNode {
  const nodes = Array.from({ length: count }, (_, index) => new AmlNode(String.fromCharCode(first + index)));
  return (index) => {
    const node = nodes[index];
    if (!node) throw new RangeError(`there is no ${what} ${index}`);
    return node;
  };
}

const unary =
  (opcode: string) =>
  (operand: Term): AmlNode =>
    new AmlNode(opcode + termCode(operand));
const binary =
  (opcode: string) =>
  (left: Term, right: Term): AmlNode =>
    new AmlNode(opcode + termCode(left) + termCode(right));
const targetCode = (target: Term | undefined): string => (target === undefined ? NO_TARGET : termCode(target));
/** Operations that return their result and, given a target, store it too. */
const unaryInto =
  (opcode: string) =>
  (operand: Term, target?: Term): AmlNode =>
    new AmlNode(opcode + termCode(operand) + targetCode(target));
const binaryInto =
  (opcode: string) =>
  (left: Term, right: Term, target?: Term): AmlNode =>
    new AmlNode(opcode + termCode(left) + termCode(right) + targetCode(target));

export const Store = binary("\x70");
export const CopyObject = binary("\x9d");
export const RefOf = unary("\x71");
export const CondRefOf = unaryInto("\x5b\x12");
export const DerefOf = unary("\x83");
export const SizeOf = unary("\x87");
export const ObjectType = unary("\x8e");
export const Increment = unary("\x75");
export const Decrement = unary("\x76");

export const Add = binaryInto("\x72");
export const Subtract = binaryInto("\x74");
export const Multiply = binaryInto("\x77");
export const Mod = binaryInto("\x85");
export const ShiftLeft = binaryInto("\x79");
export const ShiftRight = binaryInto("\x7a");
export const And = binaryInto("\x7b");
export const Nand = binaryInto("\x7c");
export const Or = binaryInto("\x7d");
export const Nor = binaryInto("\x7e");
export const Xor = binaryInto("\x7f");
export const Not = unaryInto("\x80");
export const FindSetLeftBit = unaryInto("\x81");
export const FindSetRightBit = unaryInto("\x82");
export const Concatenate = binaryInto("\x73");
export const ConcatenateResTemplate = binaryInto("\x84");
/** An element of a package, a byte of a buffer, a character of a string: as a reference. */
export const Index = binaryInto("\x88");

export const ToBuffer = unaryInto("\x96");
export const ToDecimalString = unaryInto("\x97");
export const ToHexString = unaryInto("\x98");
export const ToInteger = unaryInto("\x99");
export const ToStringOf = binaryInto("\x9c");

export const LAnd = binary("\x90");
export const LOr = binary("\x91");
export const LNot = unary("\x92");
export const LEqual = binary("\x93");
export const LGreater = binary("\x94");
export const LLess = binary("\x95");
export const LNotEqual = (left: Term, right: Term): AmlNode => LNot(LEqual(left, right));
export const LLessEqual = (left: Term, right: Term): AmlNode => LNot(LGreater(left, right));
export const LGreaterEqual = (left: Term, right: Term): AmlNode => LNot(LLess(left, right));

export function Divide(dividend: Term, divisor: Term, remainder?: Term, quotient?: Term): AmlNode {
  return new AmlNode(`\x78${termCode(dividend)}${termCode(divisor)}${targetCode(remainder)}${targetCode(quotient)}`);
}

export function Mid(source: Term, index: Term, length: Term, target?: Term): AmlNode {
  return new AmlNode(`\x9e${termCode(source)}${termCode(index)}${termCode(length)}${targetCode(target)}`);
}

/** A method's invocation: its name and as many arguments as it was declared with (§20.2.5). */
export function Call(path: string, ...args: readonly Term[]): AmlNode {
  let code = nameCode(path);
  for (const argument of args) code += termCode(argument);
  return new AmlNode(code);
}
