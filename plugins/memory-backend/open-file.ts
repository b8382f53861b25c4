import { closeSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import {
  byteLength,
  FileMemory,
  openBackingFile,
  SharedFileMemory,
  TARGET_PAGE_SIZE,
  type BackingFile,
  type HostMemory,
} from "backplane";
import { memoryBackendErrors } from "./errors.ts";

/** Opens the file, creating it or giving an empty one its length where it may be written. */
export function openFile(file: BackingFile, share: boolean, size: number): HostMemory {
  const length = byteLength(size);
  closeSync(openBackingFile(file, length).fd);
  // The peer looks at the offset when it maps the file, after it has found it long enough.
  const { offset = 0 } = file;
  if (offset % TARGET_PAGE_SIZE !== 0) throw memoryBackendErrors.MEMORY_BACKEND_OFFSET(offset);
  if (share) return SharedFileMemory.open(file, length);
  return new FileMemory(file, length);
}

/** In a folder the memory gets a file of its own, which has lost its name by the time it is used. */
export function openInFolder(
  folder: string,
  file: Omit<BackingFile, "path">,
  share: boolean,
  size: number,
): HostMemory {
  const parent = mkdtempSync(path.join(folder, "backplane-memory-"));
  try {
    return openFile({ ...file, path: path.join(parent, "memory") }, share, size);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
