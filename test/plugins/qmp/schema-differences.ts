/**
 * Commands and events that take or tell less than the peer's, and why: a schema offers what works. Nothing takes or tells
 * more.
 */
export const SCHEMA_DIFFERENCES: { readonly [name: string]: string } = {
  "command blockdev-add": "drivers that are not here",
  "command chardev-add": "backends, and options of the socket's, that are not here",
  "command chardev-change": "backends, and options of the socket's, that are not here",
  "command object-add": "types of objects that no plugin makes",
  "command query-block": "formats that are not here tell nothing of an image",
  "command query-named-block-nodes": "formats that are not here tell nothing of an image",
  "command query-blockstats": "drivers that are not here tell nothing",
  "command x-query-virtio-status": "there are no vhost devices",
  "command query-memory-devices": "kinds of memory devices that no plugin makes",
};

/** Commands of ours that the peer has not, and why there are any: all are unstable (`x-`). */
export const OWN_COMMANDS: { readonly [name: string]: string } = {
  "x-query-block-ram-registrars": "the peer's registrars cannot be asked",
  "x-query-ram-block-notifiers": "the peer's registry cannot be asked",
};
