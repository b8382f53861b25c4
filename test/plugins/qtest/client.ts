import { definePlugin, disposable, type AnyPlugin } from "backplane";
import { CHARDEVS, type CharConnection, type Chardev, type CharFrontend } from "backplane/plugins/chardev/contract";
import qtest from "../../../plugins/qtest/index.ts";

/** A client of the test protocol in the same process. What it is told can be left unread. */
export class QtestClient implements CharConnection {
  output = "";
  buffered = 0;
  isPaused = false;
  /** While set, nothing that is written leaves. */
  isStuck = false;
  #frontend: CharFrontend | undefined;

  write(data: string | Uint8Array): void {
    this.output += String(data);
    if (this.isStuck) this.buffered += data.length;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    this.leave();
  }

  come(): void {
    this.#frontend?.opened(this);
  }

  leave(): void {
    this.#frontend?.closed();
  }

  /** Everything that waited leaves. */
  unstick(): void {
    this.isStuck = false;
    this.buffered = 0;
    this.#frontend?.drained();
  }

  send(bytes: string | Uint8Array): void {
    this.#frontend?.received(Buffer.from(bytes));
  }

  /** Sends lines, and returns what came until then. */
  ask(...lines: readonly string[]): string[] {
    this.output = "";
    this.send(lines.map((line) => `${line}\n`).join(""));
    return this.output.split("\n").slice(0, -1);
  }

  /** The plugins that put it on a machine. */
  get plugins(): readonly AnyPlugin[] {
    const chardev: Chardev = {
      id: "client",
      filename: "test",
      hasFrontend: false,
      isFree: true,
      attach: (frontend) => {
        this.#frontend = frontend;
        this.come();
        return disposable(() => (this.#frontend = undefined));
      },
    };
    const chardevs = definePlugin({
      id: "test-client",
      apiVersion: 1,
      summary: "a client of the test protocol",
      provides: [CHARDEVS],
      attach: (machine) =>
        machine.provideValue(CHARDEVS, {
          create: () => chardev,
          get: () => chardev,
          all: () => [chardev],
          add: () => Promise.resolve(chardev),
          remove: () => Promise.resolve(),
          change: () => Promise.resolve(chardev),
        }),
    });
    return [chardevs, qtest];
  }
}
