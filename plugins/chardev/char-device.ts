import { disposable, type Disposable } from "backplane";
import type { CharConnection, Chardev, CharFrontend } from "./contract.ts";
import { chardevErrors } from "./errors.ts";
import { FrontConnection, type OutputLog } from "./front-connection.ts";

/** What all backends share: one front end, and the connection that is there now. */
export abstract class CharDevice implements Chardev, Disposable {
  readonly id: string;
  abstract readonly filename: string;
  backend: string | undefined;
  /** Gets a copy of what the front end writes. */
  log: OutputLog | undefined;
  #frontend: CharFrontend | undefined;
  #connection: CharConnection | undefined;
  #front: FrontConnection | undefined;
  #isHeld = false;

  constructor(id: string) {
    this.id = id;
  }

  /** Binds, connects or opens what the device stands for. Nobody is told anything before. */
  abstract open(): Promise<void>;
  abstract dispose(): Promise<void>;

  get hasFrontend(): boolean {
    return this.#frontend !== undefined;
  }

  get isFree(): boolean {
    return this.#frontend === undefined;
  }

  attach(frontend: CharFrontend): Disposable {
    if (this.#frontend !== undefined) throw chardevErrors.CHARDEV_IN_USE(this.id);
    this.#frontend = frontend;
    this.#greet();
    return disposable(() => {
      this.#frontend = undefined;
    });
  }

  /** Until `release`, connections are made and greeted, and what they send waits. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#front?.release();
  }

  protected get connection(): CharConnection | undefined {
    return this.#connection;
  }

  /** Somebody has come. Data flows when there is a front end to take it. */
  protected connected(connection: CharConnection): void {
    this.#connection = connection;
    this.#greet();
  }

  protected received(bytes: Uint8Array): void {
    this.#frontend?.received(bytes);
  }

  protected drained(): void {
    this.#frontend?.drained();
  }

  /** The far end sends no more. With `gone` it does not listen either. */
  protected inputEnded(gone: boolean): void {
    if (gone) this.#connection = undefined;
    this.#frontend?.closed();
  }

  #greet(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#frontend === undefined) return;
    const front = new FrontConnection(connection, this.log, this.#isHeld);
    this.#front = front;
    this.#frontend.opened(front);
    // What has been sent is read in a later turn: whoever makes the machine may have to start its guest first.
    setImmediate(() => {
      if (front.belongsTo(this.#connection)) front.resume();
    });
  }
}
