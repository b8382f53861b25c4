import { fstatSync } from "node:fs";
import net from "node:net";

/**
 * The process's standard output for a monitor. Node writes to pipes synchronously: a client that does not read would
 * halt the machine, and signals would go unheard.
 */
export function asyncStdout(): NodeJS.WritableStream {
  const kind = fstatSync(1);
  return kind.isFIFO() || kind.isSocket() ? new net.Socket({ fd: 1, readable: false, writable: true }) : process.stdout;
}
