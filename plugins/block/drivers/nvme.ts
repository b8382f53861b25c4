// The driver of NVMe controllers on a host without VFIO; the plugin vfio-helpers brings one that has it.
import type { BlockDriver } from "../contract.ts";
import { blockErrors } from "../errors.ts";

export const absentNvmeDriver: BlockDriver = {
  name: "nvme",
  children: [],
  identifying: ["device", "namespace"],
  open({ options }) {
    throw options["device"] === undefined ? blockErrors.BLOCK_NVME_DEVICE() : blockErrors.BLOCK_NVME_ABSENT();
  },
};
