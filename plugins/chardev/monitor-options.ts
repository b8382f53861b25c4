// Where a monitor is in a definition: on a character device of its own, or on one that is listed under `chardev`.
import * as v from "valibot";
import type { Origin } from "backplane";
import type { ChardevBackend } from "./contract.ts";

const origin = { origin: v.optional(v.custom<Origin>((value) => typeof value === "object")) };
const server = { server: v.optional(v.boolean()), wait: v.optional(v.boolean()) };

/**
 * The option `monitors` of a plugin that puts monitors on character devices: `unix`, `tcp`, `stdio`, or `chardev`. A
 * socket listens, and does not wait, unless something else is said. `extra` are the plugin's own keys of a monitor.
 */
export function monitorsOption<const E extends v.ObjectEntries>(extra: E) {
  const common = { ...origin, ...extra };
  return v.optional(
    v.array(
      v.union([
        v.strictObject({ ...common, chardev: v.string() }),
        v.strictObject({ ...common, ...server, unix: v.string() }),
        v.strictObject({
          ...common,
          ...server,
          tcp: v.pipe(v.string(), v.regex(/^.*:[0-9]+$/, "an address as host:port")),
        }),
        v.strictObject({ ...common, stdio: v.literal(true) }),
      ]),
    ),
    [],
  );
}

export type MonitorPlace =
  | { readonly chardev: string }
  | { readonly unix: string; readonly server?: boolean | undefined; readonly wait?: boolean | undefined }
  | { readonly tcp: string; readonly server?: boolean | undefined; readonly wait?: boolean | undefined }
  | { readonly stdio: true };

/** The character device that a monitor brings along; undefined where it names one. */
export function ownBackend(place: MonitorPlace): ChardevBackend | undefined {
  if ("chardev" in place) return undefined;
  if ("stdio" in place) return { backend: "stdio" };
  const { server: listens = true, wait = false } = place;
  if ("unix" in place) return { backend: "socket", path: place.unix, server: listens, wait };
  const at = place.tcp.lastIndexOf(":");
  return {
    backend: "socket",
    host: place.tcp.slice(0, at),
    port: Number(place.tcp.slice(at + 1)),
    server: listens,
    wait,
  };
}
