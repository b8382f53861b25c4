import {
  disposable,
  type Commands,
  type Disposable,
  type JsonObject,
  type Logger,
  type MachineControl,
  type MonitorEvent,
} from "backplane";
import type { CharConnection, Chardevs } from "backplane/plugins/chardev/contract";
import type { MonitorOptions, QmpClient, QmpMonitors } from "./contract.ts";
import { QmpSession } from "./session.ts";

/** The machine's monitors and their clients. Events go to all of them. */
export class Monitors implements QmpMonitors, Disposable {
  readonly #commands: Commands;
  readonly #chardevs: Chardevs;
  readonly #control: MachineControl;
  readonly #log: Logger;
  readonly #sessions = new Set<QmpSession>();
  readonly #attached: Disposable[] = [];
  #count = 0;

  constructor(commands: Commands, chardevs: Chardevs, control: MachineControl, log: Logger) {
    this.#commands = commands;
    this.#chardevs = chardevs;
    this.#control = control;
    this.#log = log;
  }

  add(chardev: string, options: MonitorOptions = {}): Disposable {
    let session: QmpSession | undefined;
    const attached = this.#chardevs.get(chardev).attach({
      opened: (connection) => {
        if (session !== undefined) this.#end(session);
        session = this.#begin(chardev, connection, options);
      },
      received: (bytes) => session?.receive(bytes),
      drained: () => session?.drained(),
      closed: () => session?.inputEnded(),
    });
    const release = disposable(() => {
      if (session !== undefined) this.#end(session);
      return attached.dispose();
    });
    this.#attached.push(release);
    return release;
  }

  connect(connection: CharConnection, options: MonitorOptions = {}): QmpClient {
    const session = this.#begin(`client${this.#count++}`, connection, options);
    return {
      receive: (bytes) => session.receive(bytes),
      drained: () => session.drained(),
      dispose: () => this.#end(session),
    };
  }

  /** Events carry the host's time, to the microsecond. */
  broadcast({ name, data }: MonitorEvent): void {
    if (this.#sessions.size === 0) return;
    const microseconds = Math.round((performance.timeOrigin + performance.now()) * 1000);
    const event: JsonObject = {
      timestamp: { seconds: Math.floor(microseconds / 1_000_000), microseconds: microseconds % 1_000_000 },
      event: name,
      data,
    };
    for (const session of this.#sessions) session.event(event);
  }

  async dispose(): Promise<void> {
    for (const attached of this.#attached.splice(0)) await attached.dispose();
    for (const session of this.#sessions) this.#end(session);
  }

  #begin(id: string, connection: CharConnection, { pretty = false }: MonitorOptions): QmpSession {
    const isLeaving = (): boolean => this.#control.leaving !== undefined;
    const session = new QmpSession({ id, commands: this.#commands, log: this.#log, pretty, isLeaving }, connection);
    this.#sessions.add(session);
    return session;
  }

  #end(session: QmpSession): void {
    session.dispose();
    this.#sessions.delete(session);
  }
}
