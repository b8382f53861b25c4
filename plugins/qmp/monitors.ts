import {
  hostTimestamp,
  disposable,
  type Commands,
  type Disposable,
  type Events,
  type JsonObject,
  type Lifecycle,
  type Logger,
  type MachineControl,
  type MonitorEvent,
} from "backplane";
import type { CharConnection, Chardevs } from "backplane/plugins/chardev/contract";
import type { MonitorOptions, QmpClient, QmpMonitors } from "./contract.ts";
import { QmpSession } from "./session.ts";
import { EventThrottle, type After } from "./throttle.ts";

export interface MonitorServices {
  readonly commands: Commands;
  readonly events: Events;
  readonly chardevs: Chardevs;
  readonly control: MachineControl;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  /** The clock that rate limits go by. */
  readonly after: After;
}

/** The machine's monitors and their clients. Events go to all of them. */
export class Monitors implements QmpMonitors, Disposable {
  readonly #services: MonitorServices;
  readonly #throttle: EventThrottle;
  readonly #sessions = new Set<QmpSession>();
  readonly #attached: Disposable[] = [];
  #count = 0;

  constructor(services: MonitorServices) {
    this.#services = services;
    this.#throttle = new EventThrottle(services.after, (event) => {
      for (const session of this.#sessions) session.event(event);
    });
  }

  add(chardev: string, options: MonitorOptions = {}): Disposable {
    let session: QmpSession | undefined;
    const attached = this.#services.chardevs.get(chardev).attach({
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
    const { rateLimit } = this.#services.events.declared().find((event) => event.name === name) ?? {};
    // A limit counts events that nobody hears as well.
    if (this.#sessions.size === 0 && rateLimit === undefined) return;
    const microseconds = hostTimestamp();
    const event: JsonObject = {
      timestamp: { seconds: Math.floor(microseconds / 1_000_000), microseconds: microseconds % 1_000_000 },
      event: name,
      data,
    };
    this.#throttle.emit(name, event, data, rateLimit);
  }

  async dispose(): Promise<void> {
    this.#throttle.dispose();
    for (const attached of this.#attached.splice(0)) await attached.dispose();
    for (const session of this.#sessions) this.#end(session);
  }

  #begin(id: string, connection: CharConnection, { pretty = false }: MonitorOptions): QmpSession {
    const { commands, control, lifecycle, log } = this.#services;
    const services = {
      id,
      commands,
      log,
      pretty,
      isBuilt: () => lifecycle.reached === "done",
      isLeaving: () => control.leaving !== undefined,
    };
    const session = new QmpSession(services, connection);
    this.#sessions.add(session);
    return session;
  }

  #end(session: QmpSession): void {
    session.dispose();
    this.#sessions.delete(session);
  }
}
