import { open, type FileHandle } from "node:fs/promises";
import { guestAddress, hostErrorText, q, type AddressSpace } from "backplane";
import type { AddCommand } from "./add-command.ts";
import { monitorCommandErrors } from "./errors.ts";

/** What is read at once: other monitors and the guest have their turn between two pieces. */
const PIECE = 256 * 1024;
/** The peer looks at virtual addresses in pieces of that size, each of which is refused as a whole. */
const VIRTUAL_PIECE = 1024;
/** Processors do not page, so their addresses are physical ones, of 32 bits. */
const VIRTUAL_END = 2 ** 32;
/** Nothing stands so high, and a number is exact so far. */
const PHYSICAL_END = 2 ** 53;

/** Commands that write memory into a file. */
export function memorySave(
  add: AddCommand,
  memory: AddressSpace,
  hasCpu: (index: number) => boolean,
  isGone: () => boolean,
): void {
  const range = { val: q.uint(64), size: q.size, filename: q.str };
  const save = async (filename: string, from: number, size: number): Promise<void> => {
    const file = await openFile(filename);
    try {
      await copy(file, memory, from, size, isGone);
    } catch {
      throw monitorCommandErrors.MEMORY_SAVE_FAILED(filename);
    } finally {
      await file.close();
    }
  };
  add({
    name: "pmemsave",
    summary: "Writes memory at a physical address into a file",
    arguments: q.struct("q_obj_pmemsave-arg", range),
    result: q.none,
    run: ({ val, size, filename }) => save(filename, val, size),
  });
  add({
    name: "memsave",
    summary: "Writes memory at a processor's virtual address into a file",
    arguments: q.struct("q_obj_memsave-arg", { ...range, "cpu-index?": q.int }),
    result: q.none,
    async run({ val, size, filename, "cpu-index": cpu = 0 }) {
      if (!hasCpu(cpu)) throw monitorCommandErrors.MEMORY_CPU_INDEX();
      const mapped = Math.max(0, Math.floor((VIRTUAL_END - val) / VIRTUAL_PIECE) * VIRTUAL_PIECE);
      const isWhole = val + size <= VIRTUAL_END;
      await save(filename, val, isWhole ? size : mapped);
      if (!isWhole)
        throw monitorCommandErrors.VIRTUAL_ADDRESS(
          `0x${BigInt(val).toString(16).padStart(16, "0")}`,
          String(BigInt(size)),
        );
    },
  });
}

async function openFile(filename: string): Promise<FileHandle> {
  try {
    return await open(filename, "w", 0o666);
  } catch (failure) {
    throw monitorCommandErrors.FILE_NOT_OPENED(filename, hostErrorText(failure));
  }
}

async function copy(
  file: FileHandle,
  memory: AddressSpace,
  from: number,
  size: number,
  isGone: () => boolean,
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(size, PIECE));
  for (let at = 0; at < size && !isGone(); at += PIECE) {
    const piece = buffer.subarray(0, Math.min(size - at, PIECE));
    if (from + at + piece.length < PHYSICAL_END) memory.read(guestAddress(from + at), piece);
    else piece.fill(0);
    await file.write(piece);
  }
}
