import { token, type Disposable } from "backplane";
import type { CharConnection } from "backplane/plugins/chardev/contract";

export interface MonitorOptions {
  /** Replies over several lines, indented. */
  readonly pretty?: boolean;
}

/** QMP monitors: each serves one client at a time, with the peer's wire protocol. */
export interface QmpMonitors {
  /** Puts a monitor on a character device. Throws `CHARDEV_NOT_FOUND`, `CHARDEV_IN_USE`. */
  add(chardev: string, options?: MonitorOptions): Disposable;
  /** A client that is already there: greeted at once, fed with `receive`, until disposed. */
  connect(connection: CharConnection, options?: MonitorOptions): QmpClient;
}

export interface QmpClient extends Disposable {
  receive(bytes: Uint8Array): void;
  /** What was written has left; tells a client that was slow that it may go on. */
  drained(): void;
}

export const QMP = token<QmpMonitors>("QMP");
