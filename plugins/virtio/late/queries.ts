// What monitors are told of a device and of its queues.
import type { JsonObject } from "backplane";
import type { VirtioFeatures } from "../contract.ts";
import type { QueueElementFacts, QueueFacts } from "../queue.ts";
import type { PluggedVirtio } from "../service.ts";
import { descriptorFlagWords, featureWords, statusWords } from "./words.ts";

/** The PCI transport aligns the parts of a queue to a page. */
const ALIGNMENT = 4096;

export function statusOf({ name, type, device }: PluggedVirtio, running: boolean): JsonObject {
  return {
    name,
    "device-id": type,
    "vhost-started": false,
    "device-endian": "little",
    "guest-features": featureWords(type, bitsOf(device.features)),
    "host-features": featureWords(type, bitsOf(device.offered)),
    "backend-features": featureWords(type, 0n),
    "num-vqs": device.queues.length,
    status: statusWords(device.status),
    isr: device.interruptStatus,
    "queue-sel": device.selectedQueue,
    "vm-running": running,
    broken: device.isBroken,
    disabled: device.disabled,
    "use-started": true,
    started: device.ready,
    "start-on-kick": device.startsOnKick,
    "disable-legacy-check": false,
    "bus-name": "",
    "use-guest-notifier-mask": true,
  };
}

export function queueStatusOf(name: string, queue: QueueFacts): JsonObject {
  return {
    name,
    "queue-index": queue.index,
    inuse: queue.inUse,
    "vring-num": queue.size,
    "vring-num-default": queue.maximum,
    "vring-align": ALIGNMENT,
    "vring-desc": queue.descriptors,
    "vring-avail": queue.available,
    "vring-used": queue.used,
    "last-avail-idx": queue.nextAvailable,
    "shadow-avail-idx": queue.seenAvailable,
    "used-idx": queue.nextUsed,
    "signalled-used": queue.signalled ?? 0,
    "signalled-used-valid": queue.signalled !== undefined,
  };
}

/** The chain is told from its end. */
export function elementOf(name: string, { head, descriptors, available, used }: QueueElementFacts): JsonObject {
  return {
    name,
    index: head,
    descs: descriptors
      .map(({ address, length, flags }) => ({ addr: address, len: length, flags: descriptorFlagWords(flags) }))
      .toReversed(),
    avail: { flags: available.flags, idx: available.index, ring: head },
    used: { flags: used.flags, idx: used.index },
  };
}

function bitsOf({ low, high }: VirtioFeatures): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
