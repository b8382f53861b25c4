// The arithmetic of the loader script's two patching commands, for firmware that executes it.
import type { LoaderCommand } from "./loader-script.ts";

type Command<K extends LoaderCommand["kind"]> = Extract<LoaderCommand, { kind: K }>;

/**
 * Adds `address` to the integer that the command names in `file` (its loaded bytes), modulo the integer's width.
 * False, and nothing changed, when the integer does not lie within the file.
 */
export function patchPointer(file: Uint8Array, command: Command<"add-pointer">, address: number): boolean {
  if (command.offset + command.size > file.length) return false;
  let carry = 0;
  let rest = address;
  for (let i = 0; i < command.size; i++) {
    const at = command.offset + i;
    const sum = (file[at] ?? 0) + (rest % 0x100) + carry;
    file[at] = sum;
    carry = sum >> 8;
    rest = Math.floor(rest / 0x100);
  }
  return true;
}

/** Completes a checksum. False, and nothing changed, when the range or its checksum does not lie within the file. */
export function patchChecksum(file: Uint8Array, command: Command<"add-checksum">): boolean {
  const end = command.start + command.length;
  if (end > file.length || command.offset >= file.length) return false;
  let sum = 0;
  for (let at = command.start; at < end; at++) sum = (sum + (file[at] ?? 0)) & 0xff;
  file[command.offset] = (file[command.offset] ?? 0) - sum;
  return true;
}
