import { defineErrors } from "backplane";

export const netErrors = defineErrors({
  NET_BACKEND_UNKNOWN: {
    text: (owner: string, id: string) => `Property '${owner}' can't find value '${id}'`,
    help: "`netdev` names no network: there are no back ends, and of hubs only the ports that the machine has.",
  },
  NET_BACKEND_IN_USE: {
    text: (owner: string, id: string) => `Property '${owner}' can't take value '${id}', it's in use`,
    help: "The port of the hub has a card already.",
  },
  NET_HUB_UNKNOWN: {
    text: (hub: number) => `There is no network hub ${hub}`,
    help: "The option `hubPorts` of the plugin says how many cards hub 0 has room for; without it there is no hub.",
  },
});
