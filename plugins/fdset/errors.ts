import { defineErrors } from "backplane";

export const fdsetErrors = defineErrors({
  FD_NEEDED: {
    text: (name: "fd" | "set") => `${name} option is required and must be non-negative`,
    help: "`-add-fd` was given without the descriptor, or without the set that it goes to.",
  },
  FD_NUMBER: {
    text: (name: string) => `Parameter '${name}' expects a number`,
    help: "A value of `-add-fd` is no number.",
  },
  FD_PARAMETER: {
    text: (name: string) => `Invalid parameter '${name}'`,
    help: "`-add-fd` takes `fd`, `set` and `opaque`.",
  },
  FD_STANDARD: {
    text: () => "fd cannot be a standard I/O stream",
    help: "`-add-fd` was given one of the descriptors 0 to 2.",
  },
  FD_INVALID: {
    text: () => "fd is not valid or already in use",
    help: "`-add-fd` names a descriptor that the process was not started with.",
  },
  FD_NOT_SENT: {
    text: () => "No file descriptor supplied via SCM_RIGHTS",
    help: "Node.js cannot receive file descriptors over a socket; start the process with them and name them with `-add-fd`.",
  },
  FD_NOT_FOUND: {
    text: (name: string) => `File descriptor named '${name}' not found`,
    help: "A monitor client named a descriptor, or a set of them, that is not there.",
  },
  FDSET_NOT_FOUND: {
    text: (path: string) => `Failed to find fdset ${path}`,
    help: "A path `/dev/fdset/N` names a set that is not there.",
  },
  FDSET_NO_MATCH: {
    text: (flags: string) => `Failed to find file descriptor with matching flags=${flags}`,
    help: "No descriptor of the set was opened the way it is to be used: for reading, for writing, or for both.",
  },
});
