import { q, type Command, type ObjectSchema } from "backplane";
import type { Network } from "backplane/plugins/net/contract";
import { monitorCommandErrors } from "./errors.ts";

const RX_STATE = q.enum("RxState", ["normal", "none", "all"]);

/** Checked against its own schema before it runs, so the general signature is safe. */
const command = <A extends ObjectSchema>(declared: Command<A>): Command => declared;

/** No card that is modelled shows its filters to monitors; on the peer these cards do not either. */
export function rxFilterCommand(network: Network | undefined): Command {
  return command({
    name: "query-rx-filter",
    summary: "What network cards let through",
    arguments: q.struct("q_obj_query-rx-filter-arg", { "name?": q.str }),
    result: q.array(
      q.struct("RxFilterInfo", {
        name: q.str,
        promiscuous: q.bool,
        multicast: RX_STATE,
        unicast: RX_STATE,
        vlan: RX_STATE,
        "broadcast-allowed": q.bool,
        "multicast-overflow": q.bool,
        "unicast-overflow": q.bool,
        "main-mac": q.str,
        "vlan-table": q.array(q.int),
        "unicast-table": q.array(q.str),
        "multicast-table": q.array(q.str),
      }),
    ),
    run({ name }) {
      if (name === undefined) return [];
      const client = network?.find(name);
      if (client === undefined) throw monitorCommandErrors.NET_CLIENT_NOT_FOUND(name);
      throw client === "card"
        ? monitorCommandErrors.NET_FILTER_UNAVAILABLE(name)
        : monitorCommandErrors.NET_CLIENT_NO_CARD(name);
    },
  });
}
