import { definePlugin } from "backplane";
import { NETWORK } from "./contract.ts";
import { netOptions, type NetOptions } from "./options.ts";
import { NetworkService } from "./service.ts";

export default definePlugin<NetOptions>({
  id: "net",
  apiVersion: 1,
  summary: "what network cards are connected to: a hub, or nothing",
  provides: [NETWORK],
  options: netOptions,
  attach(machine, { hubPorts }) {
    machine.provideValue(NETWORK, new NetworkService(hubPorts));
  },
});
