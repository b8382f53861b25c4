import { q, type Command } from "backplane";
import type { BlockRAMRegistrars } from "./contract.ts";

const REGISTRAR = q.struct("BlockRAMRegistrarInfo", {
  "qom-path": q.str,
  "node-name?": q.str,
  ok: q.bool,
  "failure?": q.str,
  buffers: q.int,
  bytes: q.int,
  "direct-requests": q.int,
  "bounced-requests": q.int,
});

export function registrarCommands(registrars: BlockRAMRegistrars): readonly Command[] {
  const query: Command = {
    name: "x-query-block-ram-registrars",
    summary: "Which devices have guest memory registered with their block backends, and how their requests went",
    unstable: true,
    arguments: q.none,
    result: q.array(REGISTRAR),
    run: () =>
      registrars.all().map(({ owner, backend, ok, failure, buffers, bytes, transfers }) => ({
        "qom-path": owner.path,
        ...(backend.node === undefined ? {} : { "node-name": backend.node.nodeName }),
        ok,
        ...(failure === undefined ? {} : { failure }),
        buffers,
        bytes,
        "direct-requests": transfers.direct,
        "bounced-requests": transfers.bounced,
      })),
  };
  return [query];
}
