import { type AnyPlugin, type Machine } from "backplane";
import { QMP, type MonitorOptions } from "backplane/plugins/qmp/contract";
import type { CharConnection } from "backplane/plugins/chardev/contract";
import chardev from "../../../plugins/chardev/index.ts";
import hmp from "../../../plugins/hmp/index.ts";
import monitorCommands from "../../../plugins/monitor-commands/index.ts";
import qmp from "../../../plugins/qmp/index.ts";

export const monitorPlugins: readonly AnyPlugin[] = [monitorCommands, chardev, qmp, hmp];

/** A client in the same process. What it is told can be left unread. */
export class TestClient implements CharConnection {
  output = "";
  buffered = 0;
  isPaused = false;
  isCut = false;
  /** While set, nothing that is written leaves. */
  isStuck = false;
  readonly #session;

  constructor(machine: Machine, options: MonitorOptions = {}) {
    this.#session = machine.service(QMP).connect(this, options);
  }

  #awaited: { readonly text: string; readonly found: () => void } | undefined;

  write(data: string | Uint8Array): void {
    this.output += String(data);
    if (this.#awaited !== undefined && this.output.includes(this.#awaited.text)) this.#awaited.found();
    if (this.isStuck) this.buffered += data.length;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    this.isCut = true;
  }

  send(message: string | Uint8Array | object): void {
    const isRaw = typeof message === "string" || message instanceof Uint8Array;
    this.#session.receive(Buffer.from(isRaw ? message : `${JSON.stringify(message)}\n`));
  }

  /** The connection ends. */
  leave(): void {
    void this.#session.dispose();
  }

  /** Everything that waited leaves. */
  unstick(): void {
    this.isStuck = false;
    this.buffered = 0;
    this.#session.drained();
  }

  negotiate(...capabilities: string[]): void {
    this.send({ execute: "qmp_capabilities", arguments: capabilities.length === 0 ? {} : { enable: capabilities } });
    this.take();
  }

  /** The lines so far, which are then forgotten; timestamps are taken out. */
  take(): string[] {
    const lines = this.output.split("\r\n").slice(0, -1);
    this.output = "";
    return lines.map((line) => line.replace(/"timestamp": \{[^}]*\}, /, ""));
  }

  /** The lines up to one that contains the text, which may take what it takes. */
  async takeUntil(text: string): Promise<string[]> {
    await new Promise<void>((resolve) => {
      this.#awaited = { text, found: resolve };
      if (this.output.includes(text)) resolve();
    });
    return this.take();
  }

  async takeAfter(promise: Promise<unknown>): Promise<string[]> {
    await promise;
    await new Promise((resolve) => setImmediate(resolve));
    return this.take();
  }
}
