import { createReadStream, fstatSync } from "node:fs";
import { Socket } from "node:net";
import { hostErrorText, type Logger } from "backplane";
import { migrationErrors } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { ReadableSource } from "./readable-source.ts";

/** Reads from a descriptor that the process was started with. */
export function openDescriptor(text: string, byMonitor: boolean, log: Logger): ByteSource {
  // Names come in through getfd, which this host program does not have: none is known.
  if (byMonitor && !/^\d/.test(text)) {
    throw migrationErrors.INCOMING_OPEN(`File descriptor named '${text}' has not been found`);
  }
  if (!/^\d+$/.test(text)) throw migrationErrors.INCOMING_OPEN(`Invalid file descriptor number '${text}'`);
  const fd = Number(text);
  try {
    const stat = fstatSync(fd);
    if (stat.isSocket() || stat.isFIFO()) return new ReadableSource(new Socket({ fd, writable: false }));
    if (stat.isFile()) log.warn("fd: migration to a file is deprecated. Use file: instead.");
    return new ReadableSource(createReadStream("", { fd }));
  } catch (failure) {
    throw migrationErrors.INCOMING_OPEN(`Unable to read from file: ${hostErrorText(failure)}`);
  }
}
