import { CharDevice } from "./char-device.ts";

/** Takes everything, gives nothing. */
export class NullDevice extends CharDevice {
  readonly filename = "null";

  open(): Promise<void> {
    this.connected({
      write: () => undefined,
      buffered: 0,
      pause: () => undefined,
      resume: () => undefined,
      close: () => undefined,
    });
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
