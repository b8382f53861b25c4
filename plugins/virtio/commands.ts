// Queries of the virtio devices and of their queues.
import { q, type Command, type RunStates, type StructSchema } from "backplane";
import { virtioErrors } from "./errors.ts";
import type { SplitQueue } from "./queue.ts";
import type { PluggedVirtio, VirtioService } from "./service.ts";

const FEATURES = q.struct("VirtioDeviceFeatures", {
  transports: q.array(q.str),
  "dev-features?": q.array(q.str),
  "unknown-dev-features?": q.uint(64),
});
const STATUS = q.struct("VirtioStatus", {
  name: q.str,
  "device-id": q.uint(16),
  "vhost-started": q.bool,
  "device-endian": q.str,
  "guest-features": FEATURES,
  "host-features": FEATURES,
  "backend-features": FEATURES,
  "num-vqs": q.int,
  status: q.struct("VirtioDeviceStatus", { statuses: q.array(q.str), "unknown-statuses?": q.uint(8) }),
  isr: q.uint(8),
  "queue-sel": q.uint(16),
  "vm-running": q.bool,
  broken: q.bool,
  disabled: q.bool,
  "use-started": q.bool,
  started: q.bool,
  "start-on-kick": q.bool,
  "disable-legacy-check": q.bool,
  "bus-name": q.str,
  "use-guest-notifier-mask": q.bool,
});
const QUEUE_STATUS = q.struct("VirtQueueStatus", {
  name: q.str,
  "queue-index": q.uint(16),
  inuse: q.uint(32),
  "vring-num": q.uint(32),
  "vring-num-default": q.uint(32),
  "vring-align": q.uint(32),
  "vring-desc": q.uint(64),
  "vring-avail": q.uint(64),
  "vring-used": q.uint(64),
  "last-avail-idx?": q.uint(16),
  "shadow-avail-idx?": q.uint(16),
  "used-idx": q.uint(16),
  "signalled-used": q.uint(16),
  "signalled-used-valid": q.bool,
});
const VHOST_QUEUE_STATUS = q.struct("VirtVhostQueueStatus", {
  name: q.str,
  kick: q.int,
  call: q.int,
  desc: q.uint(64),
  avail: q.uint(64),
  used: q.uint(64),
  num: q.int,
  "desc-phys": q.uint(64),
  "desc-size": q.uint(32),
  "avail-phys": q.uint(64),
  "avail-size": q.uint(32),
  "used-phys": q.uint(64),
  "used-size": q.uint(32),
});
const ELEMENT = q.struct("VirtioQueueElement", {
  name: q.str,
  index: q.uint(32),
  descs: q.array(q.struct("VirtioRingDesc", { addr: q.uint(64), len: q.uint(32), flags: q.array(q.str) })),
  avail: q.struct("VirtioRingAvail", { flags: q.uint(16), idx: q.uint(16), ring: q.uint(16) }),
  used: q.struct("VirtioRingUsed", { flags: q.uint(16), idx: q.uint(16) }),
});
const ON_QUEUE = { path: q.str, queue: q.uint(16) } as const;

/** By its path, or by the end of a path that only one has. */
function find({ plugged }: VirtioService, path: string, kind: string): PluggedVirtio {
  const exact = plugged.get(path);
  if (exact !== undefined) return exact;
  const isPartial = path !== "" && !path.startsWith("/");
  const [only, ...others] = isPartial ? [...plugged.values()].filter((one) => one.path.endsWith(`/${path}`)) : [];
  if (only === undefined || others.length > 0) throw virtioErrors.VIRTIO_PATH(path, kind);
  return only;
}

function queueOf({ device }: PluggedVirtio, number: number): SplitQueue {
  const queue = device.queues[number];
  if (queue === undefined) throw virtioErrors.VIRTIO_QUEUE_NUMBER(number);
  return queue;
}

/** Arguments have the types that the schema gives them. */
const define = <A extends StructSchema>(command: Command<A>): Command => command;

export function virtioCommands(virtio: VirtioService, runStates: RunStates): readonly Command[] {
  const all = define({
    name: "x-query-virtio",
    summary: "The virtio devices",
    unstable: true,
    arguments: q.none,
    result: q.array(q.struct("VirtioInfo", { path: q.str, name: q.str })),
    run() {
      if (virtio.plugged.size === 0) throw virtioErrors.VIRTIO_NONE();
      return [...virtio.plugged.values()].map(({ path, name }) => ({ path, name }));
    },
  });
  const status = define({
    name: "x-query-virtio-status",
    summary: "What a virtio device offers, what its driver accepted, and how it stands",
    unstable: true,
    arguments: q.struct("q_obj_x-query-virtio-status-arg", { path: q.str }),
    result: STATUS,
    async run({ path }) {
      const found = find(virtio, path, "realized VirtIODevice");
      return (await import("./late/queries.ts")).statusOf(found, runStates.isRunning);
    },
  });
  const queueStatus = define({
    name: "x-query-virtio-queue-status",
    summary: "Where a queue of a virtio device stands",
    unstable: true,
    arguments: q.struct("q_obj_x-query-virtio-queue-status-arg", ON_QUEUE),
    result: QUEUE_STATUS,
    async run({ path, queue }) {
      const found = find(virtio, path, "VirtIODevice");
      const facts = queueOf(found, queue).facts();
      return (await import("./late/queries.ts")).queueStatusOf(found.name, facts);
    },
  });
  const vhostQueueStatus = define({
    name: "x-query-virtio-vhost-queue-status",
    summary: "A queue that was handed to the host; none of these devices does that",
    unstable: true,
    arguments: q.struct("q_obj_x-query-virtio-vhost-queue-status-arg", ON_QUEUE),
    result: VHOST_QUEUE_STATUS,
    run({ path }) {
      find(virtio, path, "VirtIODevice");
      throw virtioErrors.VIRTIO_VHOST();
    },
  });
  const element = define({
    name: "x-query-virtio-queue-element",
    summary: "The chain of descriptors that a queue comes to next, or another one",
    unstable: true,
    arguments: q.struct("q_obj_x-query-virtio-queue-element-arg", { ...ON_QUEUE, "index?": q.uint(16) }),
    result: ELEMENT,
    async run({ path, queue, index }) {
      const found = find(virtio, path, "VirtIO device");
      const facts = queueOf(found, queue).elementAt(index);
      if (facts === undefined) throw virtioErrors.VIRTIO_QUEUE_UNPLACED();
      return (await import("./late/queries.ts")).elementOf(found.name, facts);
    },
  });
  return [all, status, queueStatus, vhostQueueStatus, element];
}
