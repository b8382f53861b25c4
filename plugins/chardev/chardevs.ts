import { asBackplaneError, hashOrder, type Disposable, type Logger } from "backplane";
import type { CharDevice } from "./char-device.ts";
import type { Chardev, ChardevDefinition, Chardevs, HostStdio } from "./contract.ts";
import { chardevErrors } from "./errors.ts";
import { FileDevice } from "./file.ts";
import { NullDevice } from "./null.ts";
import { SocketClientDevice } from "./socket-client.ts";
import { SocketServerDevice } from "./socket-server.ts";
import { socketAddress } from "./socket-address.ts";
import { StdioDevice } from "./stdio.ts";

/** Makes character devices, and opens them when the machine stands. */
export class CharDevices implements Chardevs, Disposable {
  readonly #devices = new Map<string, { readonly device: CharDevice; readonly definition: ChardevDefinition }>();
  readonly #stdio: () => HostStdio;
  readonly #log: Logger;

  constructor(stdio: () => HostStdio, log: Logger) {
    this.#stdio = stdio;
    this.#log = log;
  }

  create(definition: ChardevDefinition): Chardev {
    try {
      if (this.#devices.has(definition.id)) throw chardevErrors.CHARDEV_DUPLICATE(definition.id);
      const device = this.#make(definition);
      this.#devices.set(definition.id, { device, definition });
      return device;
    } catch (failure) {
      throw asBackplaneError(failure).from(definition.origin);
    }
  }

  get(id: string): Chardev {
    const entry = this.#devices.get(id);
    if (entry === undefined) throw chardevErrors.CHARDEV_NOT_FOUND(id);
    return entry.device;
  }

  all(): readonly Chardev[] {
    return hashOrder([...this.#devices.keys()])
      .toReversed()
      .map((id) => this.get(id));
  }

  async open(): Promise<void> {
    for (const { device, definition } of this.#devices.values()) {
      try {
        await device.open();
      } catch (failure) {
        throw asBackplaneError(failure).from(definition.origin);
      }
    }
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#devices.values()].map(({ device }) => device.dispose()));
    this.#devices.clear();
  }

  #make(definition: ChardevDefinition): CharDevice {
    switch (definition.backend) {
      case "stdio": {
        const taken = [...this.#devices.values()].some((entry) => entry.definition.backend === "stdio");
        if (taken) throw chardevErrors.STDIO_TAKEN();
        return new StdioDevice(definition.id, this.#stdio());
      }
      case "file":
        return new FileDevice(definition.id, definition.path, definition.append ?? false);
      case "null":
        return new NullDevice(definition.id);
      case "socket": {
        const address = socketAddress(definition);
        const nodelay = definition.nodelay ?? false;
        if (definition.server === true) {
          const { id, wait = true, origin } = definition;
          return new SocketServerDevice(id, address, { wait, nodelay, origin }, this.#log.named(id));
        }
        return new SocketClientDevice(definition.id, address, {
          nodelay,
          reconnectMs: definition["reconnect-ms"] ?? 0,
        });
      }
    }
  }
}
