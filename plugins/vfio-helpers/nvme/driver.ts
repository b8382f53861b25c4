import { HOST_ADDRESS_SPACE, type PluginMachine } from "backplane";
import type { BlockDriver } from "backplane/plugins/block/contract";
import type { VfioHelpers } from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import { ControllerLink } from "./controller-link.ts";
import { NvmeNode } from "./node.ts";

const FIRST_NAMESPACE = 1;

/** `nvme`: a namespace of a controller that this process drives by itself. */
export function nvmeDriver(machine: PluginMachine, helpers: VfioHelpers): BlockDriver {
  return {
    name: "nvme",
    children: [],
    identifying: ["device", "namespace"],
    open({ options, cache }) {
      const { device, namespace = FIRST_NAMESPACE } = options;
      if (typeof device !== "string") throw vfioErrors.NVME_DEVICE();
      const link = new ControllerLink({
        helpers,
        space: machine.use(HOST_ADDRESS_SPACE),
        log: machine.log,
        device,
        // The peer's option has 32 bits.
        namespace: Number(namespace) | 0,
        direct: cache.direct,
      });
      return new NvmeNode(link, machine.log);
    },
  };
}
