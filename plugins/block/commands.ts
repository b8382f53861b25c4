import {
  q,
  type Clock,
  type Command,
  type Events,
  type JsonObject,
  type JsonValue,
  type Schema,
  type StructSchema,
} from "backplane";
import { blockErrors } from "./errors.ts";
import type { GraphNode } from "./node.ts";
import { backendStatistics, blockInfo, deviceInfo, nodeStatistics } from "./queries.ts";
import { BLOCK_JOBS, DRIVES, EXPORTS, JOBS, NODES, STATISTICS } from "./results.ts";
import { blockdevOptions } from "./schema.ts";
import { trayCommands } from "./tray-commands.ts";
import type { BlockService } from "./service.ts";

/** The node of a drive or of a name, as commands that take either find it. */
export function findNode(block: BlockService, device: string | undefined, name: string | undefined): GraphNode {
  const backend = device === undefined ? undefined : block.backend(device);
  if (backend !== undefined) {
    if (backend.node === undefined) throw blockErrors.BLOCK_NO_MEDIUM(backend.name);
    return backend.node;
  }
  const node = name === undefined ? undefined : block.graph.find(name);
  if (node === undefined) throw blockErrors.BLOCK_REFERENCE(device ?? "", name ?? "");
  return node;
}

/** Newest first. */
function namedNodes(block: BlockService): readonly GraphNode[] {
  return block.graph.nodes.toReversed();
}

export function blockCommands(block: BlockService, clock: Clock, events: Events): readonly Command[] {
  const add = {
    name: "blockdev-add",
    summary: "Opens a node of the block layer",
    // It holds itself, and is built when somebody asks.
    get arguments() {
      return blockdevOptions();
    },
    result: q.none,
    preconfig: true,
    async run(options: JsonObject, client: Parameters<Command["run"]>[1]) {
      const abort = new AbortController();
      const watched = client.onClose(() => abort.abort());
      try {
        const prepared = await block.graph.prepare(options, abort.signal);
        block.addNode(options, prepared);
      } finally {
        void watched.dispose();
      }
      return {};
    },
  };
  const remove = {
    name: "blockdev-del",
    summary: "Closes a node that blockdev-add opened",
    arguments: q.struct("q_obj_blockdev-del-arg", { "node-name": q.str }),
    result: q.none,
    preconfig: true,
    run({ "node-name": name }: { readonly "node-name": string }) {
      block.deleteNode(name);
      return {};
    },
  };
  const resize = {
    name: "block_resize",
    summary: "Changes the length of an image while a guest uses it",
    arguments: q.struct("q_obj_block_resize-arg", { "device?": q.str, "node-name?": q.str, size: q.int }),
    result: q.none,
    preconfig: true,
    async run({ device, "node-name": name, size }: { device?: string; "node-name"?: string; size: number }) {
      const node = findNode(block, device, name);
      if (size < 0) throw blockErrors.BLOCK_SIZE_NEGATIVE();
      if (!(await node.truncate(size))) throw blockErrors.BLOCK_CANNOT_RESIZE();
      return {};
    },
  };
  const queries = [
    query("query-block", "Lists drives, and nodes that devices use", q.none, DRIVES, () =>
      block.backends.filter(isShown).map(blockInfo),
    ),
    query(
      "query-named-block-nodes",
      "Lists nodes",
      q.struct("q_obj_query-named-block-nodes-arg", { "flat?": q.bool }),
      NODES,
      ({ flat }) => namedNodes(block).map((node) => deviceInfo(node, undefined, flat === true)),
    ),
    query(
      "query-blockstats",
      "Counters of drives, or of nodes",
      q.struct("q_obj_query-blockstats-arg", { "query-nodes?": q.bool }),
      STATISTICS,
      ({ "query-nodes": nodes }) =>
        nodes === true
          ? block.graph.nodes.map((node) => nodeStatistics(node, clock.now))
          : block.backends.filter(isShown).map((backend) => backendStatistics(backend, clock.now)),
    ),
    // Nothing here runs in the background.
    query("query-block-jobs", "Lists jobs of the block layer", q.none, BLOCK_JOBS, () => []),
    query("query-jobs", "Lists jobs", q.none, JOBS, () => []),
    query("query-block-exports", "Lists what is exported", q.none, EXPORTS, () => []),
  ];
  return [add, remove, resize, ...trayCommands(block, events), ...queries];
}

function isShown({ name, user }: { readonly name: string; readonly user: unknown }): boolean {
  return name !== "" || user !== undefined;
}

function query(
  name: string,
  summary: string,
  args: StructSchema,
  result: Schema,
  run: (args: { readonly flat?: boolean; readonly "query-nodes"?: boolean }) => readonly JsonValue[],
) {
  // Jobs alone wait for the machine to be complete.
  return { name, summary, arguments: args, result, preconfig: name !== "query-jobs", run };
}
