// NUMA nodes of the host: Documentation/ABI/stable/sysfs-devices-node of the kernel.
import { readFileSync } from "node:fs";

const ONLINE = "/sys/devices/system/node/online";

let online: readonly number[] | undefined;

/** The host's nodes. A host that does not tell has one. */
export function onlineNodes(): readonly number[] {
  online ??= readOnline();
  return online;
}

function readOnline(): readonly number[] {
  let text: string;
  try {
    text = readFileSync(ONLINE, "utf8").trim();
  } catch {
    return [0];
  }
  return text.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** Each once, in order. */
export function nodeSet(nodes: readonly number[]): readonly number[] {
  return [...new Set(nodes)].sort((left, right) => left - right);
}
