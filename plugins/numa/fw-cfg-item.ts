import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import type { Numa } from "./contract.ts";

/**
 * The fw_cfg item numa, all in 64 bits: the number of nodes, the node of every APIC id below the limit, the memory of
 * every node.
 */
export function numaItem(numa: Numa, cpus: Cpus): Uint8Array {
  const nodeOfApic = Array.from({ length: cpus.apicIdLimit }, () => 0);
  for (const [index, { apicId }] of cpus.possible.entries()) nodeOfApic[apicId] = numa.nodeOfCpu(index);
  const values = [numa.nodes.length, ...nodeOfApic, ...numa.nodes.map(({ memory }) => memory)];
  const bytes = new DataView(new ArrayBuffer(values.length * 8));
  for (const [at, value] of values.entries()) bytes.setBigUint64(at * 8, BigInt(value), true);
  return new Uint8Array(bytes.buffer);
}
