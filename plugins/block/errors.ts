import { defineErrors } from "backplane";

export const blockErrors = defineErrors({
  BLOCK_NODE_NAME: {
    text: (name: string) => `Invalid node-name: '${name}'`,
    help: "A node's name begins with a letter and consists of letters, digits, '-', '.', '_'.",
  },
  BLOCK_NODE_NAME_LONG: {
    text: () => "Node name too long",
    help: "A node's name has at most 31 characters.",
  },
  BLOCK_NODE_NAME_MISSING: {
    text: () => "'node-name' must be specified for the root node",
    help: "A node that is made for later use needs a name.",
  },
  BLOCK_NODE_DUPLICATE: {
    text: (name: string) => `Duplicate nodes with node-name='${name}'`,
    help: "Two nodes have the same name.",
  },
  BLOCK_NODE_CONFLICT: {
    text: (name: string) => `node-name=${name} is conflicting with a device id`,
    help: "A node cannot be called what a drive is called.",
  },
  BLOCK_DRIVE_CONFLICT: {
    text: (id: string) => `Device name '${id}' conflicts with an existing node name`,
    help: "A drive cannot be called what a node is called.",
  },
  BLOCK_DRIVE_DUPLICATE: {
    text: (id: string) => `Duplicate ID '${id}' for drive`,
    help: "Two drives have the same id.",
  },
  BLOCK_NOT_FOUND: {
    text: (name: string) => `Failed to find node with node-name='${name}'`,
    help: "No node has that name.",
  },
  BLOCK_REFERENCE: {
    text: (device: string, node: string) => `Cannot find device='${device}' nor node-name='${node}'`,
    help: "A command or a node names a drive or node that does not exist.",
  },
  BLOCK_NODE_USED: {
    text: (name: string) => `Node ${name} is in use`,
    help: "A device uses the node; unplug the device first.",
  },
  BLOCK_NODE_REFERENCED: {
    text: (name: string) => `Block device ${name} is in use`,
    help: "Another node stands on this one; delete that one first.",
  },
  BLOCK_NODE_FOREIGN: {
    text: (name: string) => `Node ${name} is not owned by the monitor`,
    help: "The node came with another one, and goes with it.",
  },
  BLOCK_DRIVER: {
    text: (driver: string) => `Unknown driver '${driver}'`,
    help: "No block driver has that name.",
  },
  BLOCK_DRIVER_UNMODELLED: {
    text: (driver: string) => `Block driver '${driver}' is not modelled yet`,
    help: "The peer has this driver; here it is not there yet.",
    advice: "use one of file, raw, null-co, null-aio, blkdebug",
  },
  BLOCK_OPTION_UNMODELLED: {
    text: (option: string, value: string) => `Block option '${option}=${value}' is not modelled yet`,
    help: "The peer has this option; what the value does is not there yet, so it is refused rather than ignored.",
    advice: "leave the option out",
  },
  BLOCK_OPTION_UNKNOWN: {
    text: (kind: string, driver: string, option: string) =>
      `Block ${kind} '${driver}' does not support the option '${option}'`,
    help: "A drive was given an option that its format or protocol does not have.",
  },
  BLOCK_PROTOCOL: {
    text: (protocol: string) => `Unknown protocol '${protocol}'`,
    help: "A file name begins with a word and a colon, which makes it the address of a protocol. A file of that name is `./NAME`.",
  },
  BLOCK_OPEN: {
    text: (name: string, reason: string) => `Could not open '${name}': ${reason}`,
    help: "The host refused to open an image.",
  },
  BLOCK_NOT_REGULAR: {
    text: (driver: string, name: string) => `'${driver}' driver requires '${name}' to be a regular file`,
    help: "The driver `file` is for files; devices have drivers of their own.",
  },
  BLOCK_LOCK: {
    text: (kind: string) => `Failed to get ${kind} lock`,
    help: "Another process, or another node, uses the image in a way that forbids this one.",
  },
  BLOCK_AIO_NATIVE: {
    text: () => "aio=native was specified, but it requires cache.direct=on, which was not specified.",
    help: "The host's native asynchronous I/O works around its cache only.",
  },
  BLOCK_NULL_LATENCY: {
    text: () => "latency-ns is invalid",
    help: "A null node's latency is negative.",
  },
  BLOCK_SIZE_RANGE: {
    text: (value: string, name: string) => `Value '${value}' is out of range for parameter '${name}'`,
    help: "A size is negative.",
  },
  BLOCK_LENGTH: {
    text: (reason: string) => `Could not refresh total sector count: ${reason}`,
    help: "A node is longer than the block layer can count.",
  },
  BLOCK_RAW_OFFSET: {
    text: (offset: number, length: number) =>
      `Offset (${offset}) cannot be greater than size of the containing file (${length})`,
    help: "A raw node begins behind the end of the node below.",
  },
  BLOCK_RAW_RANGE: {
    // The space before "actual" is doubled in the peer's text.
    text: (offset: number, size: number, length: number) =>
      `The sum of offset (${offset}) and size (${size}) has to be smaller or equal to the  actual size of the containing file (${length})`,
    help: "A raw node ends behind the end of the node below.",
  },
  BLOCK_RAW_SIZE: {
    text: () => "Specified size is not multiple of 512",
    help: "A raw node's size is in whole sectors.",
  },
  BLOCK_RAW_FIXED: {
    text: () => "Cannot resize fixed-size raw disks",
    help: "The node was given a size of its own.",
  },
  BLOCK_CONSTRAINT: {
    text: (option: string, value: number) => `Cannot meet constraints with ${option} ${value}`,
    help: "A limit of blkdebug is no power of two, no multiple of the alignment, or too large.",
  },
  BLOCK_CONFIG: {
    text: (reason: string) => `Could not read blkdebug config file: ${reason}`,
    help: "The rules of blkdebug could not be read.",
  },
  BLOCK_CONFIG_READ: {
    text: (reason: string) => `Cannot read config file: ${reason}`,
    help: "The rules of blkdebug stand in something that is no file.",
  },
  BLOCK_CONFIG_PIPE: {
    text: (file: string) => `blkdebug config file '${file}' is a pipe, which would have to be waited for`,
    help: "A machine is not made before its nodes are. Add the node by `blockdev-add`, which waits for a pipe, or use a file.",
  },
  BLOCK_CONFIG_LONG: {
    text: (limit: number) => `blkdebug config file is longer than ${limit} bytes`,
    help: "Rules of blkdebug are a few lines; a device file may never end.",
  },
  BLOCK_CONFIG_PARSE: {
    text: (reason: string) => reason,
    help: "The rules of blkdebug are not written as they should be.",
  },
  BLOCK_FORMAT_FOUND: {
    text: (name: string, format: string) =>
      `Could not open '${name}': images of format '${format}' are not modelled yet`,
    help: "The image looks like one of a format that is not there yet. Say `format=raw` to use its bytes as they are.",
  },
  BLOCK_CANNOT_RESIZE: {
    text: () => "Image format driver does not support resize",
    help: "Nodes of this driver have the size that they were made with.",
  },
  BLOCK_SIZE_NEGATIVE: {
    text: () => "Parameter 'size' expects a >0 size",
    help: "An image cannot be shorter than nothing.",
  },
  BLOCK_RESIZE: {
    text: (reason: string) => `Could not resize file: ${reason}`,
    help: "The host refused to change an image's length.",
  },
  BLOCK_READ_ONLY: {
    text: () => "Block node is read-only",
    help: "A device that writes was given a node that cannot be written.",
  },
  BLOCK_WRITERS: {
    text: (node: string, writer: string, other: string) =>
      `Permission conflict on node '${node}': permissions 'write' are both required by block device '${writer}' (uses node '${node}' as 'root' child) and unshared by block device '${other}' (uses node '${node}' as 'root' child).`,
    help: "Two devices cannot write the same node, unless both have share-rw=on.",
  },
  BLOCK_CHILD_MISSING: {
    text: (role: string) => `A block device must be specified for "${role}"`,
    help: "A node needs another one below it.",
  },
  BLOCK_DRIVE_TAKEN: {
    text: (id: string) => `Drive '${id}' is already in use by another device`,
    help: "A drive can be given to one device.",
  },
  BLOCK_NO_VALUE: {
    text: (type: string, property: string, value: string) =>
      `Property '${type}.${property}' can't find value '${value}'`,
    help: "A device names a drive or node that does not exist.",
  },
  BLOCK_EMPTY: {
    text: () => "Device needs media, but drive is empty",
    help: "A disk was given a drive without an image.",
  },
  BLOCK_NO_MEDIUM: {
    text: (device: string) => `Device '${device}' has no medium`,
    help: "The drive is empty.",
  },
  BLOCK_WHICH: {
    text: () => "Need exactly one of 'device' and 'id'",
    help: "A drive is named by its own id or by its device's, not by both.",
  },
  BLOCK_NOT_REMOVABLE: {
    text: (id: string) => `Device '${id}' is not removable`,
    help: "The medium of a hard disk cannot be taken out.",
  },
  BLOCK_NO_TRAY: {
    text: (id: string) => `Device '${id}' does not have a tray`,
    help: "A drive without a tray was to open one.",
  },
  BLOCK_LOCKED: {
    text: (id: string) => `Device '${id}' is locked and force was not specified, wait for tray to open and try again`,
    help: "The guest has locked the medium in; it has been asked to let it go.",
  },
  BLOCK_TRAY_CLOSED: {
    text: (id: string) => `Tray of device '${id}' is not open`,
    help: "A medium goes in and out through an open tray.",
  },
  BLOCK_OCCUPIED: {
    text: (id: string) => `There already is a medium in device '${id}'`,
    help: "Take the medium out first.",
  },
  BLOCK_NODE_MISSING: {
    text: (name: string) => `Node '${name}' not found`,
    help: "No node has that name.",
  },
  BLOCK_NODE_TAKEN: {
    text: (name: string) => `Node '${name}' is already in use`,
    help: "The node is another drive's medium.",
  },
  BLOCK_DEVICE_MISSING: {
    text: (id: string) => `Device '${id}' not found`,
    help: "No drive or node has that name.",
    errorClass: "DeviceNotFound",
  },
  BLOCK_MEDIA: {
    text: (value: string) => `'${value}' invalid media`,
    help: "`media` of a drive is `disk` or `cdrom`.",
  },
  BLOCK_INTERFACE: {
    text: (value: string) => `unsupported bus type '${value}'`,
    help: "`if` of a drive names no kind of bus.",
  },
  BLOCK_INTERFACE_UNMODELLED: {
    text: (value: string, bus: number, unit: number) =>
      `machine type does not support if=${value},bus=${bus},unit=${unit}`,
    help: "The machine has no place for such a drive. `if=none` leaves it to a `-device`.",
  },
  BLOCK_CACHE: {
    text: () => "invalid cache option",
    help: "`cache` of a drive is none of writeback, writethrough, unsafe, none, directsync.",
  },
  BLOCK_INDEX: {
    text: () => "index cannot be used with bus and unit",
    help: "A drive's place is said by `index`, or by `bus` and `unit`.",
  },
  BLOCK_UNIT: {
    text: (unit: number, last: number) => `unit ${unit} too big (max is ${last})`,
    help: "A bus of that kind has fewer places.",
  },
  BLOCK_PLACE_TAKEN: {
    text: (bus: number, unit: number, index: number) => `drive with bus=${bus}, unit=${unit} (index=${index}) exists`,
    help: "Two drives have the same place.",
  },
  BLOCK_ERROR_ACTION: {
    text: (action: string, kind: string) => `'${action}' invalid ${kind} error action`,
    help: "`werror` and `rerror` are report, ignore, stop, or (for writes) enospc.",
  },
  BLOCK_DRIVER_FORMAT: {
    text: () => "Cannot specify both 'driver' and 'format'",
    help: "The two are the same option.",
  },
  BLOCK_MUST_SPECIFY: {
    text: () => "Must specify either driver or file",
    help: "A drive has options, but neither an image nor a driver.",
  },
  BLOCK_ALIGNMENT: {
    text: (option: string, alias: string) => `'${option}' and its alias '${alias}' can't be used at the same time`,
    help: "Two names of the same option were given.",
  },
  BLOCK_JSON: {
    text: () => "Could not parse the JSON options",
    help: "What follows `json:` in a file name is no JSON object.",
  },
  BLOCK_NVME_NAMESPACE: {
    text: (namespace: string) => `Invalid namespace '${namespace}', positive number expected`,
    help: "What stands behind the controller's address in `nvme://ADDRESS/NAMESPACE` is no number.",
  },
  BLOCK_NVME_DEVICE: {
    text: () => "'device' option is required",
    help: "A node of the driver nvme needs the PCI address of its controller.",
  },
  BLOCK_NVME_ABSENT: {
    text: () => "Failed to open /dev/vfio/vfio: No such file or directory",
    help: "The machine has no VFIO. Define the controller under `vfio-helpers.devices`.",
  },
  BLOCK_FILENAME_MISSING: {
    text: (driver: string) => `The '${driver}' block driver requires a file name`,
    help: "A node needs to know its file.",
  },
  BLOCK_BUFFER: {
    text: (host: number, length: number, reason: string) =>
      `Failed to register buffer 0x${host.toString(16)} with size ${length}: ${reason}`,
    help: "The host's asynchronous I/O did not take a piece of guest memory: it has limits on how many and how large buffers are, and on locked memory.",
  },
  BLOCK_SIZE: {
    text: (name: string, least: number, most: number) =>
      `parameter ${name} must be a power of 2 between ${least} and ${most}`,
    help: "A size of blocks is none that a disk has.",
  },
  BLOCK_PHYSICAL_SIZE: {
    text: () => "logical_block_size > physical_block_size not supported",
    help: "A physical block is made of logical ones.",
    at: "physical_block_size",
  },
  BLOCK_GEOMETRY: {
    text: (name: string, limit: number) => `${name} must be between 1 and ${limit}`,
    help: "A geometry that was given by hand is incomplete or out of range.",
  },
});
