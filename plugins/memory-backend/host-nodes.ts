// NUMA policies of the host: set_mempolicy(2), "Bind" and "Preferred".
import { readFileSync } from "node:fs";
import { memoryBackendErrors } from "./errors.ts";

const ONLINE = "/sys/devices/system/node/online";

/** The host's nodes. A host that does not tell has one. */
function onlineNodes(): number[] {
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

/**
 * On a host with a single node all memory lies in it, whatever the policy. Where there are several, memory cannot be
 * bound: that needs a system call for every mapping.
 */
export function checkPolicy(policy: string, nodes: readonly number[]): void {
  const online = onlineNodes();
  if (!nodes.some((node) => online.includes(node))) throw memoryBackendErrors.MEMORY_BACKEND_BIND();
  if (online.length === 1) return;
  throw memoryBackendErrors.MEMORY_BACKEND_UNSUPPORTED(
    `policy=${policy}`,
    "memory cannot be bound to one of several NUMA nodes of the host",
  );
}
