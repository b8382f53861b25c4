/** The kinds that can be made, in the order in which help lists them. */
export const CHARDEV_KINDS = ["stdio", "ringbuf", "mux", "pipe", "pty", "null", "socket", "file"] as const;
/** Kinds that the peer has and we do not, so that they are told from what does not exist. */
export const CHARDEV_KINDS_ABSENT: ReadonlySet<string> = new Set([
  "testdev",
  "serial",
  "wctablet",
  "udp",
  "parallel",
  "vc",
  "msmouse",
  "hub",
  "qemu-vdagent",
]);
