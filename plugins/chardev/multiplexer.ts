import { disposable, type Disposable } from "backplane";
import { CharDevice } from "./char-device.ts";
import type { CharConnection, CharFrontend } from "./contract.ts";
import { chardevErrors } from "./errors.ts";
import { FrontConnection } from "./front-connection.ts";
import { Sharer } from "./sharer.ts";

const FRONTENDS = 4;
/** C-a. */
const ESCAPE = 0x01;

const HELP = [
  "",
  "C-a h    this list",
  "C-a x    end the machine",
  "C-a b    send a break",
  "C-a t    begin lines with the time, or no longer",
  "C-a c    go to the next front end",
  "C-a C-a  send C-a itself",
  "",
].join("\r\n");

export interface MultiplexerServices {
  /** The device that is shared. */
  readonly base: CharDevice;
  quit(): void;
}

/** Several front ends on one device: all write, one reads. C-a and a letter choose. */
export class MultiplexerDevice extends CharDevice {
  readonly filename = "mux";
  readonly #services: MultiplexerServices;
  readonly #sharers: Sharer[] = [];
  readonly #attachment: Disposable;
  #base: CharConnection | undefined;
  #current: Sharer | undefined;
  #isEscaped = false;
  #hasTimes = false;
  #startedAt = 0;
  #isLineStart = true;
  #isHeld = false;

  /** Throws `CHARDEV_IN_USE`. */
  constructor(id: string, services: MultiplexerServices) {
    super(id);
    this.#services = services;
    this.#attachment = services.base.attach({
      opened: (connection) => {
        this.#base = connection;
        this.#greetAll();
      },
      received: (bytes) => this.#take(bytes),
      drained: () => {
        for (const { frontend } of this.#sharers) frontend.drained();
      },
      closed: () => {
        this.#base = undefined;
        for (const { frontend } of this.#sharers) frontend.closed();
      },
    });
  }

  override get hasFrontend(): boolean {
    return this.#sharers.length > 0;
  }

  override get isFree(): boolean {
    return this.#sharers.length < FRONTENDS;
  }

  override attach(frontend: CharFrontend): Disposable {
    if (!this.isFree) throw chardevErrors.MUX_FULL(this.id);
    const sharer = new Sharer(frontend);
    this.#sharers.push(sharer);
    this.#focus(sharer);
    if (!this.#isHeld) this.#greet(sharer);
    return disposable(() => {
      this.#sharers.splice(this.#sharers.indexOf(sharer), 1);
      if (this.#current === sharer) this.#current = this.#sharers.at(-1);
    });
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    await this.#attachment.dispose();
  }

  override hold(): void {
    this.#isHeld = true;
  }

  /** Until then not all who share the device have come, and the last to come is the one that reads. */
  override release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#greetAll();
  }

  #greetAll(): void {
    if (!this.#isHeld) for (const sharer of this.#sharers) this.#greet(sharer);
  }

  #greet(sharer: Sharer): void {
    const { frontend } = sharer;
    const base = this.#base;
    if (base === undefined) return;
    const connection: CharConnection = {
      write: (data) => this.#write(data),
      get buffered() {
        return base.buffered;
      },
      pause: () => {
        sharer.pause();
        this.#flow();
      },
      resume: () => {
        sharer.resume();
        this.#flow();
      },
      close: () => base.close(),
    };
    frontend.focused?.(sharer === this.#current);
    frontend.opened(new FrontConnection(connection, this.log, false));
  }

  /** The terminal is read while there is room for what comes. */
  #flow(): void {
    if (this.#current?.isFull === true) this.#base?.pause();
    else this.#base?.resume();
  }

  #focus(sharer: Sharer | undefined): void {
    const before = this.#current;
    if (sharer === undefined) return;
    const isTold = this.#base !== undefined && !this.#isHeld;
    if (isTold) before?.frontend.focused?.(false);
    this.#current = sharer;
    if (isTold) sharer.frontend.focused?.(true);
    this.#flow();
  }

  /** What stands between two control keys goes on in one piece. */
  #take(bytes: Uint8Array): void {
    let start = 0;
    for (const [index, byte] of bytes.entries()) {
      const isControl = this.#isEscaped || byte === ESCAPE;
      if (!isControl) continue;
      if (index > start) this.#current?.take(bytes.subarray(start, index));
      start = index + 1;
      if (this.#isEscaped) this.#control(byte);
      else this.#isEscaped = true;
    }
    if (start < bytes.length) this.#current?.take(bytes.subarray(start));
    this.#flow();
  }

  #control(byte: number): void {
    this.#isEscaped = false;
    switch (byte === ESCAPE ? "C-a" : String.fromCharCode(byte)) {
      case "C-a":
        return this.#current?.take(Uint8Array.of(ESCAPE));
      case "?":
      case "h":
        this.#base?.write(HELP);
        return;
      case "x":
        this.#base?.write("QEMU: Terminated\n\r");
        return this.#services.quit();
      case "t":
        this.#hasTimes = !this.#hasTimes;
        this.#startedAt = performance.now();
        this.#isLineStart = false;
        return;
      case "c": {
        const at = this.#current === undefined ? -1 : this.#sharers.indexOf(this.#current);
        return this.#focus(this.#sharers[(at + 1) % this.#sharers.length]);
      }
      default:
      // A break is nothing to a monitor; other letters mean nothing.
    }
  }

  #write(data: string | Uint8Array): void {
    if (!this.#hasTimes) {
      this.#base?.write(data);
      return;
    }
    const text = Buffer.from(data).toString("latin1");
    const parts = text.split(/(?<=\n)/).map((line) => {
      const time = this.#isLineStart ? `[${elapsed(performance.now() - this.#startedAt)}] ` : "";
      this.#isLineStart = line.endsWith("\n");
      return time + line;
    });
    this.#base?.write(Buffer.from(parts.join(""), "latin1"));
  }
}

/** `00:01:02.345` */
function elapsed(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const seconds = Math.floor(whole / 1000);
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${String(whole % 1000).padStart(3, "0")}`;
}
