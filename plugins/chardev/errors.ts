import { defineErrors } from "backplane";

export const chardevErrors = defineErrors({
  CHARDEV_DUPLICATE: {
    text: (id: string) => `Duplicate ID '${id}' for chardev`,
    help: "Two character devices have the same id.",
  },
  CHARDEV_NOT_FOUND: {
    text: (id: string) => `chardev "${id}" not found`,
    help: "A monitor or a device names a character device that does not exist.",
  },
  CHARDEV_IN_USE: {
    text: (id: string) => `chardev '${id}' is already in use`,
    help: "Two monitors or devices name the same character device.",
  },
  STDIO_TAKEN: {
    text: () => "cannot use stdio by multiple character devices",
    help: "Standard input and output can belong to one character device only.",
  },
  SOCKET_ADDRESS: {
    text: () => "None or one of 'path', 'fd' or 'host' option required.",
    help: "A socket is given by `path`, or by `host` and `port`.",
  },
  SOCKET_PORT_MISSING: {
    text: () => "chardev: socket: no port given",
    help: "A TCP socket needs a port.",
  },
  SOCKET_PATH_LONG: {
    text: (path: string) => `UNIX socket path '${path}' is too long`,
    help: "The system limits the path of a UNIX socket.",
    hints: ["Path must be less than 108 bytes"],
  },
  SOCKET_BIND: {
    text: (where: string, reason: string) => `Failed to bind socket${where}: ${reason}`,
    help: "A listening socket could not be made at its address.",
  },
  SOCKET_PORT_TAKEN: {
    text: (reason: string) => `Failed to find an available port: ${reason}`,
    help: "Another process listens on the TCP port.",
  },
  SOCKET_RESOLVE: {
    text: (address: string) => `address resolution failed for ${address}: Name or service not known`,
    help: "The host name of a socket is unknown.",
  },
  SOCKET_CONNECT: {
    text: (address: string, reason: string) => `Failed to connect to '${address}': ${reason}`,
    help: "Nobody listens where a client socket is to connect.",
  },
  FILE_OPEN: {
    text: (path: string, reason: string) => `Could not open '${path}': ${reason}`,
    help: "The file of a character device cannot be written.",
  },
});
