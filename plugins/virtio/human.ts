// `info virtio-*`.
import type { JsonObject } from "backplane";
import { h, type HumanArguments, type HumanCommand, type HumanCommands } from "backplane/plugins/hmp/contract";

const define = <A extends HumanArguments>(command: HumanCommand<A>): HumanCommand => command;

export function humanVirtioCommands(table: HumanCommands): readonly HumanCommand[] {
  const ask = async (name: string, args: JsonObject): Promise<JsonObject> =>
    (await table.query(name, args)) as JsonObject;
  const onQueue = { path: h.text, queue: h.int };
  return [
    define({
      name: "info virtio-status",
      params: "path",
      summary: "how a virtio device stands",
      preconfig: true,
      arguments: { path: h.text },
      async run({ path }) {
        const status = await ask("x-query-virtio-status", { path });
        return (await import("./late/human-text.ts")).statusText(path, status);
      },
    }),
    define({
      name: "info virtio-queue-status",
      params: "path queue",
      summary: "where a queue of a virtio device stands",
      preconfig: true,
      arguments: onQueue,
      async run({ path, queue }) {
        const status = await ask("x-query-virtio-queue-status", { path, queue });
        return (await import("./late/human-text.ts")).queueText(path, status);
      },
    }),
    define({
      name: "info virtio-vhost-queue-status",
      params: "path queue",
      summary: "a queue that was handed to the host",
      preconfig: true,
      arguments: onQueue,
      async run({ path, queue }) {
        await ask("x-query-virtio-vhost-queue-status", { path, queue });
        return "";
      },
    }),
    define({
      name: "info virtio-queue-element",
      params: "path queue [index]",
      summary: "a chain of descriptors of a queue",
      preconfig: true,
      arguments: { ...onQueue, index: h.optional(h.int) },
      async run({ path, queue, index }) {
        const element = await ask("x-query-virtio-queue-element", {
          path,
          queue,
          ...(index === undefined ? {} : { index }),
        });
        return (await import("./late/human-text.ts")).elementText(path, element);
      },
    }),
  ];
}
