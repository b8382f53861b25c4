import { closeSync, constants, fstatSync, ftruncateSync, openSync } from "node:fs";
import { hostErrorText } from "../errno.ts";
import { memoryErrors } from "./errors.ts";

/** Which part of which file stands behind memory. */
export interface BackingFile {
  readonly path: string;
  /** Where in the file the memory starts. Default 0. */
  readonly offset?: number;
  /** Opens the file read-only; the memory can still be written when it is private. */
  readonly readonly?: boolean;
  /** The memory region's name, for errors. Default the path. */
  readonly region?: string;
}

/** An open file, and who closes it. */
export interface OpenFile {
  readonly fd: number;
  readonly size: number;
}

/**
 * Opens, and creates where it is missing and may be written. An empty file is made as long as the memory; one that
 * has content and is too short is refused, as the peer does.
 */
export function openBackingFile(file: BackingFile, length: number): OpenFile {
  const offset = file.offset ?? 0;
  let fd: number;
  try {
    fd = openSync(file.path, file.readonly === true ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT, 0o644);
  } catch (failure) {
    throw memoryErrors.HOST_MEMORY_FILE(file.path, hostErrorText(failure));
  }
  try {
    const { size } = fstatSync(fd);
    if (size > 0 && size < offset + length) {
      throw memoryErrors.HOST_MEMORY_FILE_TOO_SMALL(file.region ?? file.path, size, length, offset);
    }
    if (size >= offset + length) return { fd, size };
    if (file.readonly === true)
      throw memoryErrors.HOST_MEMORY_FILE_TOO_SMALL(file.region ?? file.path, size, length, offset);
    ftruncateSync(fd, offset + length);
    return { fd, size: offset + length };
  } catch (failure) {
    closeSync(fd);
    throw failure;
  }
}
