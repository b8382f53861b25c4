// What an image looks like by its first bytes.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

export const PROBE_LENGTH = 2048;

const MAGICS: readonly { readonly format: string; readonly at: number; readonly bytes: string }[] = [
  { format: "qcow2", at: 0, bytes: "QFI\xfb\0\0\0\x02" },
  { format: "qcow2", at: 0, bytes: "QFI\xfb\0\0\0\x03" },
  { format: "qcow", at: 0, bytes: "QFI\xfb\0\0\0\x01" },
  { format: "qed", at: 0, bytes: "QED\0" },
  { format: "vmdk", at: 0, bytes: "KDMV" },
  { format: "vmdk", at: 0, bytes: "COWD" },
  { format: "vhdx", at: 0, bytes: "vhdxfile" },
  { format: "vpc", at: 0, bytes: "conectix" },
  { format: "parallels", at: 0, bytes: "WithoutFreeSpace" },
  { format: "parallels", at: 0, bytes: "WithouFreSpacExt" },
  { format: "luks", at: 0, bytes: "LUKS\xba\xbe" },
  { format: "bochs", at: 0, bytes: "Bochs Virtual HD Image\0" },
  { format: "vdi", at: 64, bytes: "\x7f\x10\xda\xbe" },
];

export function probeFormat(head: Uint8Array): string {
  const found = MAGICS.find(({ at, bytes }) =>
    Array.from({ length: bytes.length }, (_, index) => bytes.charCodeAt(index)).every(
      (byte, index) => head[at + index] === byte,
    ),
  );
  return found?.format ?? "raw";
}

/**
 * The first bytes of a regular file; none of anything else, or where it cannot be read, which opening the node will say.
 * A pipe is not waited for: nothing else of the process would run meanwhile.
 */
export function headOf(file: string): Uint8Array {
  const head = new Uint8Array(PROBE_LENGTH);
  try {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(fd).isFile()) return new Uint8Array(0);
      return head.subarray(0, readSync(fd, head, 0, head.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return new Uint8Array(0);
  }
}
