import { type AnyPlugin, type Machine } from "backplane";
import { QMP, type MonitorOptions } from "backplane/plugins/qmp/contract";
import type { CharConnection } from "backplane/plugins/chardev/contract";
import chardev from "../../../plugins/chardev/index.ts";
import monitorCommands from "../../../plugins/monitor-commands/index.ts";
import qmp from "../../../plugins/qmp/index.ts";

export const monitorPlugins: readonly AnyPlugin[] = [monitorCommands, chardev, qmp];

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
    this.isCut = true;
  }

  send(message: string | Uint8Array | object): void {
    const isRaw = typeof message === "string" || message instanceof Uint8Array;
    this.#session.receive(Buffer.from(isRaw ? message : `${JSON.stringify(message)}\n`));
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

  async takeAfter(promise: Promise<unknown>): Promise<string[]> {
    await promise;
    await new Promise((resolve) => setImmediate(resolve));
    return this.take();
  }
}
