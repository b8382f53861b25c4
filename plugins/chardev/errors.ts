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
  FILE_CREATE: {
    text: (path: string, reason: string) => `Could not create '${path}': ${reason}`,
    help: "The log file of a character device cannot be written.",
  },
  PIPE_KIND: {
    text: (path: string) => `'${path}' is no pipe`,
    help: "A character device of the kind `pipe` was given a file that cannot be read as it is written.",
  },
  PTY_UNAVAILABLE: {
    text: () => "Failed to create PTY: Function not implemented",
    help: "Pseudo-terminals need Linux and the optional dependency koffi.",
  },
  PTY_LINK: {
    text: (reason: string) => `Failed to create PTY symlink: ${reason}`,
    help: "The link that `path` of a pseudo-terminal names cannot be made.",
  },
  RINGBUF_SIZE: {
    text: () => "size of ringbuf chardev must be power of two",
    help: "A ring buffer has a size that is no power of two.",
  },
  RINGBUF_COUNT: {
    text: () => "size must be greater than zero",
    help: "`ringbuf-read` was asked for no bytes.",
  },
  RINGBUF_KIND: {
    text: (id: string) => `${id} is not a ringbuf device`,
    help: "`ringbuf-read` or `ringbuf-write` names a character device of another kind.",
  },
  RINGBUF_BASE64: {
    text: () => "Base64 data contains invalid characters",
    help: "`ringbuf-write` was given data that is no base64.",
  },
  MUX_BASE: {
    text: (id: string) => `mux: base chardev ${id} not found`,
    help: "A character device of the kind `mux` shares one that does not exist.",
  },
  MUX_FULL: {
    text: (id: string) => `too many uses of multiplexed chardev '${id}' (maximum is 4)`,
    help: "A character device that is shared has four front ends already.",
  },
  CHARDEV_EXISTS: {
    text: (id: string) => `Chardev with id '${id}' already exists`,
    help: "`chardev-add` was given an id that is taken.",
  },
  CHARDEV_ADD: {
    text: (id: string, reason: string) => `Failed to add chardev '${id}': ${reason}`,
    help: "`chardev-add` could not open the character device.",
  },
  CHARDEV_ABSENT: {
    text: (id: string) => `Chardev '${id}' not found`,
    help: "A monitor command names a character device that does not exist.",
  },
  CHARDEV_DEVICE: {
    text: (id: string) => `Device '${id}' not found`,
    help: "`ringbuf-read` or `ringbuf-write` names a character device that does not exist.",
    errorClass: "DeviceNotFound",
  },
  CHARDEV_MISSING: {
    text: (id: string) => `Chardev '${id}' does not exist`,
    help: "`chardev-change` names a character device that does not exist.",
  },
  CHARDEV_BUSY: {
    text: (id: string) => `Chardev '${id}' is busy`,
    help: "A character device cannot be removed while a monitor or a device uses it.",
  },
  CHARDEV_NO_CHANGE: {
    text: () => "Chardev user does not support chardev hotswap",
    help: "A character device cannot be changed while a monitor or a device uses it.",
  },
  CHARDEV_MUX_CHANGE: {
    text: () => "Mux device hotswap not supported yet",
    help: "`chardev-change` names a character device that several front ends share.",
  },
  CHARDEV_BACKEND: {
    text: (name: string) => `'${name}' is not a valid char driver name`,
    help: "There is no character device of that kind.",
  },
  CHARDEV_BACKEND_ABSENT: {
    text: (name: string) => `chardev backend '${name}' is not supported in this build`,
    help: "QEMU has character devices of that kind, Backplane has none.",
  },
  CHARDEV_OPTION: {
    text: (key: string) => `chardev option '${key}' is not supported in this build`,
    help: "QEMU's character devices have that option, Backplane's do not.",
  },
  CHARDEV_NO_ID: { text: () => "chardev: no id specified", help: "-chardev needs an id." },
  CHARDEV_NO_BACKEND: {
    text: (id: string) => `chardev: "${id}" missing backend`,
    help: "-chardev needs the kind of character device first.",
  },
  CHARDEV_FILE_PATH: { text: () => "chardev: file: no filename given", help: "-chardev file needs a path." },
  CHARDEV_PIPE_PATH: { text: () => "chardev: pipe: no device path given", help: "-chardev pipe needs a path." },
  CHARDEV_MUX_BASE: { text: () => "chardev: mux: no chardev given", help: "-chardev mux needs another device." },
  CHARDEV_NO_ADDRESS: {
    text: () => "Unable to parse FD number ",
    help: "-chardev socket needs a path, or a host and a port.",
  },
  CHARDEV_PORT: {
    text: (address: string) => `address resolution failed for ${address}: Servname not supported for ai_socktype`,
    help: "A port is no number from 0 to 65535.",
  },
  CHARDEV_RECONNECT_SERVER: {
    text: () => "'reconnect' option is incompatible with socket in server listen mode",
    help: "A listening socket has nothing to reconnect to.",
  },
  CHARDEV_RECONNECT_TWICE: {
    text: () => "'reconnect' and 'reconnect-ms' are mutually exclusive",
    help: "A client's patience was given twice.",
  },
  CHARDEV_WAIT_CLIENT: {
    text: () => "'wait' option is incompatible with socket in client connect mode",
    help: "A client has nobody to wait for.",
  },
});
