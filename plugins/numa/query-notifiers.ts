import {
  q,
  RAM_BLOCK_NOTIFICATIONS,
  type Command,
  type HostMappingNotifiers,
  type RAMBlock,
  type RAMBlockNotifiers,
} from "backplane";
import { NOTIFIER_POLICY_NAMES } from "./notifier-policy.ts";

const kind = q.enum("RamBlockNotification", RAM_BLOCK_NOTIFICATIONS);

const info = q.struct("RamBlockNotifiersInfo", {
  policy: q.enum("RamBlockNotifierPolicy", NOTIFIER_POLICY_NAMES),
  tells: q.array(kind),
  subscribers: q.array(
    q.struct("RamBlockSubscriberInfo", { name: q.str, hears: q.array(kind), knows: q.array(q.str) }),
  ),
  "mapping-subscribers": q.array(
    q.struct("HostMappingSubscriberInfo", {
      name: q.str,
      hears: q.array(q.enum("HostMappingNotification", ["added", "removed"])),
      knows: q.int,
    }),
  ),
});

/** Who hears of RAM blocks and host mappings, in the order in which they are told, and what each has been told of. */
export function queryNotifiers(blocks: RAMBlockNotifiers, mappings: HostMappingNotifiers): Command {
  return {
    name: "x-query-ram-block-notifiers",
    summary: "The registry of RAM block notifiers: its policy, and its subscribers in the order in which they are told",
    arguments: q.none,
    result: info,
    unstable: true,
    run: () => ({
      policy: blocks.policy.name,
      tells: [...blocks.policy.tells],
      subscribers: blocks
        .subscriptions()
        .map(({ name, hears, knows }) => ({ name, hears: [...hears], knows: knows.map(nameOf) })),
      "mapping-subscribers": mappings
        .subscriptions()
        .map(({ name, hears, knows }) => ({ name, hears: [...hears], knows: knows.length })),
    }),
  };
}

/** A block's name; its region's while it has none of its own. */
function nameOf({ idstr, region }: RAMBlock): string {
  return idstr === "" ? region.name : idstr;
}
