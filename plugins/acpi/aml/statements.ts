// Statements: ACPI 6.5 §20.2.5.3, and those expressions of §20.2.5.4 that are called for their effect alone.
import { type Term, termCode } from "./data.ts";
import { AmlNode, joinCode, littleEndian } from "./node.ts";
import { withLength } from "./package-length.ts";

export function If(condition: Term, ...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(`\xa0${withLength(termCode(condition) + joinCode(body))}`);
}

/** Directly behind an `If`. */
export function Else(...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(`\xa1${withLength(joinCode(body))}`);
}

export function While(condition: Term, ...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(`\xa2${withLength(termCode(condition) + joinCode(body))}`);
}

export const Break = new AmlNode("\xa5");
export const Continue = new AmlNode("\x9f");
export const Noop = new AmlNode("\xa3");
export const BreakPoint = new AmlNode("\xcc");

export function Return(value: Term): AmlNode {
  return new AmlNode(`\xa4${termCode(value)}`);
}

export function Notify(object: Term, value: Term): AmlNode {
  return new AmlNode(`\x86${termCode(object)}${termCode(value)}`);
}

export const WAIT_FOR_EVER = 0xffff;

export function Acquire(mutex: Term, timeout = WAIT_FOR_EVER): AmlNode {
  return new AmlNode(`\x5b\x23${termCode(mutex)}${littleEndian(timeout, 2)}`);
}

export function Release(mutex: Term): AmlNode {
  return new AmlNode(`\x5b\x27${termCode(mutex)}`);
}

/** `body` with the mutex held. Nothing in it may return, or the mutex stays taken. */
export function Locked(mutex: Term, ...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(Acquire(mutex).code + joinCode(body) + Release(mutex).code);
}

export function Signal(event: Term): AmlNode {
  return new AmlNode(`\x5b\x24${termCode(event)}`);
}

export function Wait(event: Term, timeout: Term): AmlNode {
  return new AmlNode(`\x5b\x25${termCode(event)}${termCode(timeout)}`);
}

export function Reset(event: Term): AmlNode {
  return new AmlNode(`\x5b\x26${termCode(event)}`);
}

/** Microseconds, busy. */
export function Stall(time: Term): AmlNode {
  return new AmlNode(`\x5b\x21${termCode(time)}`);
}

/** Milliseconds. */
export function Sleep(time: Term): AmlNode {
  return new AmlNode(`\x5b\x22${termCode(time)}`);
}
