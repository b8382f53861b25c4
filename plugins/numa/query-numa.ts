import { MiB, q, type Command, type Commands, type JsonObject, type JsonValue } from "backplane";
import type { Numa } from "./contract.ts";

const inMebibytes = (bytes: number): number => Math.floor(bytes / MiB);

function list(value: JsonValue | void | Promise<JsonValue | void>): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

const part = (value: JsonObject, key: string): JsonObject => (value[key] ?? {}) as JsonObject;

/** The NUMA nodes as text: processors that are there, and memory with what has been plugged. */
export function queryNuma(numa: Numa, commands: Commands): Command {
  const ask = (name: string): readonly JsonObject[] =>
    list(commands.find(name)?.run({}, { id: "numa", onClose: () => ({ dispose: () => undefined }) }));
  return {
    name: "x-query-numa",
    summary: "The NUMA nodes with their processors and memory, as text",
    arguments: q.none,
    result: q.struct("HumanReadableText", { "human-readable-text": q.str }),
    unstable: true,
    run() {
      const cpus = ask("query-cpus-fast");
      const devices = ask("query-memory-devices").map((device) => part(device, "data"));
      const lines = numa.nodes.flatMap(({ id, memory }) => {
        const here = cpus.filter((cpu) => part(cpu, "props")["node-id"] === id);
        const plugged = devices
          .filter(({ node }) => node === id)
          .reduce((sum, { size }) => sum + (typeof size === "number" ? size : 0), 0);
        return [
          `node ${id} cpus:${here.map((cpu) => ` ${String(cpu["cpu-index"] as number)}`).join("")}\n`,
          `node ${id} size: ${inMebibytes(memory + plugged)} MB\n`,
          `node ${id} plugged: ${inMebibytes(plugged)} MB\n`,
        ];
      });
      return { "human-readable-text": `${numa.nodes.length} nodes\n${lines.join("")}` };
    },
  };
}
