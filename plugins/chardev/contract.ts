import { token, type Disposable, type Origin } from "backplane";

export { CHARDEV_KINDS, CHARDEV_KINDS_ABSENT } from "./kinds.ts";
export { readChardevOptions } from "./option-text.ts";
export { ByteLine, namedChardev } from "./byte-line.ts";
export { monitorsOption, ownBackend, type MonitorPlace } from "./monitor-options.ts";

/** A character device as a definition asks for it. */
export type ChardevDefinition = { readonly id: string; readonly origin?: Origin | undefined } & ChardevCommon &
  ChardevBackend;

/** What every kind of character device can have. */
export interface ChardevCommon {
  /** Several front ends share it; the control key C-a chooses among them. */
  readonly mux?: boolean | undefined;
  /** A file that gets a copy of what is written. */
  readonly logfile?: string | undefined;
  readonly logappend?: boolean | undefined;
}

export type ChardevBackend =
  /** The process's standard input and output; one per process. */
  | {
      readonly backend: "stdio";
      /** Whether C-c on a terminal ends the process, as it does anywhere. Default true. */
      readonly signal?: boolean | undefined;
    }
  /** A stream socket: `path` for a UNIX socket, `host` and `port` for TCP. A client unless `server`. */
  | {
      readonly backend: "socket";
      readonly path?: string | undefined;
      readonly host?: string | undefined;
      readonly port?: number | undefined;
      readonly server?: boolean | undefined;
      /** A server waits for its first client before the machine is handed over. Default true, as in the peer. */
      readonly wait?: boolean | undefined;
      /** Turns Nagle's algorithm off. */
      readonly nodelay?: boolean | undefined;
      /** A client that is cut off tries again after so many milliseconds. */
      readonly "reconnect-ms"?: number | undefined;
    }
  /** Output into a file, and input from another if one is named. */
  | {
      readonly backend: "file";
      readonly path: string;
      readonly append?: boolean | undefined;
      readonly "input-path"?: string | undefined;
    }
  /** Two named pipes, `PATH.in` and `PATH.out`; or one file for both directions where those are not there. */
  | { readonly backend: "pipe"; readonly path: string }
  /** A pseudo-terminal; `path` becomes a symbolic link to it. */
  | { readonly backend: "pty"; readonly path?: string | undefined }
  /** Keeps the newest `size` bytes, a power of two, for `ringbuf-read`. */
  | { readonly backend: "ringbuf"; readonly size?: number | undefined }
  /** Several front ends on a character device that is there already. */
  | { readonly backend: "mux"; readonly chardev: string }
  | { readonly backend: "null" };

/** The far end of a character device, while somebody is there. */
export interface CharConnection {
  /** Queues data. Not an error when the far end has gone: then it vanishes. */
  write(data: string | Uint8Array): void;
  /** Bytes that were written and have not left yet. */
  readonly buffered: number;
  /** No `received` until `resume`. */
  pause(): void;
  resume(): void;
  /** Cuts the far end off. */
  close(): void;
}

/** What uses a character device: a monitor, a serial port. All methods are called on the event loop, never within `write`. */
export interface CharFrontend {
  /** Somebody is there. Comes again, with another connection, after `closed`. */
  opened(connection: CharConnection): void;
  received(bytes: Uint8Array): void;
  /** Everything that was written has left. */
  drained(): void;
  /** Nothing will be received any more. What is written may still arrive: standard output outlives standard input. */
  closed(): void;
  /** On a device that several share: what is typed goes here now, or no longer. Called ahead of `opened`, too. */
  focused?(isFocused: boolean): void;
}

export interface Chardev {
  readonly id: string;
  /** What it is connected to, as `query-chardev` tells it. */
  readonly filename: string;
  /** `socket`, `stdio`, … */
  readonly backend?: string | undefined;
  readonly hasFrontend: boolean;
  /** Takes another front end. */
  readonly isFree: boolean;
  /** Throws `CHARDEV_IN_USE`. */
  attach(frontend: CharFrontend): Disposable;
}

/** The machine's character devices. They are opened when the machine is complete. */
export interface Chardevs {
  /** Throws `CHARDEV_DUPLICATE`, `STDIO_TAKEN`. It is opened with the others. */
  create(definition: ChardevDefinition): Chardev;
  /** Makes one while the machine runs, and opens it; a server waits for nobody. */
  add(definition: ChardevDefinition): Promise<Chardev>;
  /** Throws `CHARDEV_ABSENT`, `CHARDEV_BUSY`. */
  remove(id: string): Promise<void>;
  /** Puts another backend in the place of one that nobody uses. Throws `CHARDEV_MISSING`, `CHARDEV_NO_CHANGE`. */
  change(definition: ChardevDefinition): Promise<Chardev>;
  /** Throws `CHARDEV_NOT_FOUND`. */
  get(id: string): Chardev;
  /** In the order in which the peer lists them. */
  all(): readonly Chardev[];
}

export const CHARDEVS = token<Chardevs>("CHARDEVS");

/** What a `stdio` device reads and writes, where it is not the process's own: the composer of a machine provides it. */
export interface HostStdio {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}
export const HOST_STDIO = token<HostStdio>("HOST_STDIO");
