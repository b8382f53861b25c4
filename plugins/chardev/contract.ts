import { token, type Disposable, type Origin } from "backplane";

/** A character device as a definition asks for it. */
export type ChardevDefinition = { readonly id: string; readonly origin?: Origin | undefined } & ChardevBackend;

export type ChardevBackend =
  /** The process's standard input and output; one per process. */
  | { readonly backend: "stdio" }
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
  /** Output only. */
  | { readonly backend: "file"; readonly path: string; readonly append?: boolean | undefined }
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
}

export interface Chardev {
  readonly id: string;
  /** What it is connected to, as `query-chardev` tells it. */
  readonly filename: string;
  readonly hasFrontend: boolean;
  /** Throws `CHARDEV_IN_USE`. */
  attach(frontend: CharFrontend): Disposable;
}

/** The machine's character devices. They are opened when the machine is complete. */
export interface Chardevs {
  /** Throws `CHARDEV_DUPLICATE`, `STDIO_TAKEN`. */
  create(definition: ChardevDefinition): Chardev;
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
