// The C library's calls for pseudo-terminals, through koffi, which is optional and loaded at first use.
import { closeSync, constants, openSync } from "node:fs";
import { createRequire } from "node:module";

export interface PseudoTerminal {
  /** The side of whoever provides the terminal. */
  readonly master: number;
  /** The side of whoever sits at it, held open: without anybody there the other side reads errors. */
  readonly slave: number;
  readonly path: string;
}

interface Koffi {
  load(path: string | null): { func(definition: string): (...args: unknown[]) => unknown };
}

/** More than `struct termios` has anywhere. */
const TERMIOS_SIZE = 256;
const NOW = 0;

/** Opens a terminal that passes bytes as they are. Undefined where koffi is not installed, or the host has none. */
export function openPseudoTerminal(): PseudoTerminal | undefined {
  if (process.platform !== "linux") return undefined;
  let library;
  try {
    library = (createRequire(import.meta.url)("koffi") as Koffi).load(null);
  } catch {
    return undefined;
  }
  const open = library.func("int posix_openpt(int flags)");
  const grant = library.func("int grantpt(int fd)");
  const unlock = library.func("int unlockpt(int fd)");
  const name = library.func("str ptsname(int fd)");
  const getAttributes = library.func("int tcgetattr(int fd, _Inout_ uint8_t *attributes)");
  const makeRaw = library.func("void cfmakeraw(_Inout_ uint8_t *attributes)");
  const setAttributes = library.func("int tcsetattr(int fd, int when, uint8_t *attributes)");
  const master = Number(open(constants.O_RDWR | constants.O_NOCTTY));
  if (master < 0) return undefined;
  if (Number(grant(master)) !== 0 || Number(unlock(master)) !== 0) {
    closeSync(master);
    return undefined;
  }
  const path = String(name(master));
  const slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  const attributes = Buffer.alloc(TERMIOS_SIZE);
  getAttributes(slave, attributes);
  makeRaw(attributes);
  setAttributes(slave, NOW, attributes);
  return { master, slave, path };
}
