import type { Logger } from "backplane";
import type { CharDevice } from "./char-device.ts";
import type { ChardevDefinition, HostStdio } from "./contract.ts";
import { FileDevice } from "./file.ts";
import { NullDevice } from "./null.ts";
import { PipeDevice } from "./pipe.ts";
import { PtyDevice } from "./pty.ts";
import { RingBufferDevice } from "./ringbuf.ts";
import { socketAddress } from "./socket-address.ts";
import { SocketClientDevice } from "./socket-client.ts";
import { SocketServerDevice } from "./socket-server.ts";
import { StdioDevice } from "./stdio.ts";

export interface DeviceServices {
  readonly stdio: () => HostStdio;
  readonly log: Logger;
  /** Tells whoever started the process something that they must know. */
  readonly announce: (text: string) => void;
}

/** Makes the device of a definition, except for those that share another one. */
export function makeDevice(
  id: string,
  definition: Exclude<ChardevDefinition, { readonly backend: "mux" }>,
  { stdio, log, announce }: DeviceServices,
): CharDevice {
  switch (definition.backend) {
    case "stdio":
      return new StdioDevice(id, stdio(), definition.signal ?? true);
    case "file":
      return new FileDevice(id, definition.path, definition.append ?? false, definition["input-path"]);
    case "null":
      return new NullDevice(id);
    case "pipe":
      return new PipeDevice(id, definition.path);
    case "pty":
      return new PtyDevice(id, definition.path, announce);
    case "ringbuf":
      return new RingBufferDevice(id, definition.size);
    case "socket": {
      const address = socketAddress(definition);
      const nodelay = definition.nodelay ?? false;
      if (definition.server === true) {
        const { wait = true, origin } = definition;
        return new SocketServerDevice(id, address, { wait, nodelay, origin }, log.named(id));
      }
      return new SocketClientDevice(id, address, { nodelay, reconnectMs: definition["reconnect-ms"] ?? 0 });
    }
  }
}
