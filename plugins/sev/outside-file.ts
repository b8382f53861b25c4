import { constants, open, stat, type FileHandle } from "node:fs/promises";
import { hostErrorText } from "backplane";

/**
 * The contents of a file that somebody names: a regular one, of so many bytes at most. A pipe would keep the machine
 * waiting, a device has no end. Throws an error whose message is that of the peer's library (GLib), where it has one.
 */
export async function readOutsideFile(file: string, most: number): Promise<Buffer> {
  const unopened = (failure: unknown): never => {
    throw new Error(`Failed to open file “${file}”: ${hostErrorText(failure)}`);
  };
  const unread = (reason: string): Error => new Error(`Failed to read from file “${file}”: ${reason}`);
  const found = await stat(file).catch(unopened);
  if (found.isDirectory()) throw unread(hostErrorText({ code: "EISDIR" }));
  if (!found.isFile()) throw unread("Not a regular file");
  if (found.size > most) throw unread(`More than ${most} bytes`);
  // What has become a pipe since then does not wait either.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(unopened);
  const contents = await readUpTo(handle, most + 1).catch((failure: unknown) => {
    throw unread(hostErrorText(failure));
  });
  // It can have grown, and some files tell no size.
  if (contents.length > most) throw unread(`More than ${most} bytes`);
  return contents;
}

/** Closes the file, too. */
async function readUpTo(handle: FileHandle, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of handle.createReadStream({ end: length - 1 })) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
