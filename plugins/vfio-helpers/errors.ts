import { defineErrors, hex } from "backplane";

const NO_HOST = "Define the device under `vfio-helpers.devices`, or use a plugin that provides VFIO_HOST.";

export const vfioErrors = defineErrors({
  VFIO_CONTAINER: {
    text: (reason: string) => `Failed to open /dev/vfio/vfio: ${reason}`,
    help: `The host has no VFIO, or does not let this process use it. ${NO_HOST}`,
  },
  VFIO_VERSION: {
    text: () => "Invalid VFIO version",
    help: "The host's VFIO speaks another version of its interface.",
  },
  VFIO_NO_TYPE1: {
    text: (reason: string) => `VFIO IOMMU Type1 is not supported: ${reason}`,
    help: "The host's VFIO has no IOMMU of type 1 (version 2).",
  },
  VFIO_GROUP_PATH: {
    text: (device: string, reason: string) =>
      `Failed to find iommu group sysfs path: Failed to read the symbolic link “/sys/bus/pci/devices/${device}/iommu_group”: ${reason}`,
    help: `The host has no PCI device at that address, or no IOMMU in front of it. ${NO_HOST}`,
  },
  VFIO_GROUP_OPEN: {
    text: (group: number, reason: string) => `Failed to open VFIO group file: /dev/vfio/${group}: ${reason}`,
    help: "Somebody else has the device's IOMMU group open, or this process may not.",
  },
  VFIO_GROUP_STATUS: {
    text: (reason: string) => `Failed to get VFIO group status: ${reason}`,
    help: "The host refused to tell of the device's IOMMU group.",
  },
  VFIO_GROUP_NOT_VIABLE: {
    text: () => "VFIO group is not viable",
    help: "A device of the IOMMU group is still bound to a driver of the host. `viable: false` of a modelled device says so.",
  },
  VFIO_GROUP_CONTAINER: {
    text: (reason: string) => `Failed to add group to VFIO container: ${reason}`,
    help: "The host refused to put the device's IOMMU group into a container.",
  },
  VFIO_SET_IOMMU: {
    text: (reason: string) => `Failed to set VFIO IOMMU type: ${reason}`,
    help: "The host refused to put an IOMMU behind the container.",
  },
  VFIO_IOMMU_INFO: {
    text: (reason: string) => `Failed to get IOMMU info: ${reason}`,
    help: "The host refused to tell of the container's IOMMU.",
  },
  VFIO_DEVICE: {
    text: (reason: string) => `Failed to get device fd: ${reason}`,
    help: "The host refused to open the device.",
  },
  VFIO_DEVICE_INFO: {
    text: (reason: string) => `Failed to get device info: ${reason}`,
    help: "The host refused to tell of the device.",
  },
  VFIO_REGIONS: {
    text: () => "Invalid device regions",
    help: "The device has no configuration space: it is no PCI device.",
  },
  VFIO_CONFIG_REGION: {
    text: (reason: string) => `Failed to get config region info: ${reason}`,
    help: "The host refused to tell of the device's configuration space.",
  },
  VFIO_BAR_REGION: {
    text: (reason: string) => `Failed to get BAR region info: ${reason}`,
    help: "The host refused to tell of a BAR of the device.",
  },
  VFIO_BUS_MASTER: {
    text: () => "Could not open image: Invalid argument",
    help: "The device's command register could not be read or written; the peer has no better words for it.",
  },
  VFIO_MAP_BAR: {
    text: (reason: string) => `Failed to map BAR region: ${reason}`,
    help: "The host refused to map the device's registers.",
  },
  VFIO_IRQ_INFO: {
    text: (reason: string) => `Failed to get device interrupt info: ${reason}`,
    help: "The host refused to tell of the device's interrupts.",
  },
  VFIO_IRQ_EVENTFD: {
    text: () => "Device interrupt doesn't support eventfd",
    help: "The device's interrupts cannot be heard of by a user-space driver.",
  },
  VFIO_IRQ_SETUP: {
    text: (reason: string) => `Failed to setup device interrupt: ${reason}`,
    help: "The host refused to give the device's interrupt to a user-space driver.",
  },
  VFIO_DISCARD: {
    text: (reason: string) => `Cannot set discarding of RAM broken: ${reason}`,
    help: "Memory that a device reaches by itself must stay, and something in the machine lives from giving memory back.",
  },
  VFIO_IOVA_EXHAUSTED: {
    text: () => "iova exhausted (water mark reached)",
    help: "Fixed mappings from below and temporary ones from above have met: there is no room for another.",
  },
  VFIO_IOVA_FIXED: {
    text: () => "fixed iova range not found",
    help: "No usable range of the host is large enough for a fixed mapping.",
  },
  VFIO_IOVA_TEMPORARY: {
    text: () => "temporary iova range not found",
    help: "No usable range of the host is large enough for a temporary mapping.",
  },
  VFIO_DMA_MAP: {
    text: (reason: string) => `VFIO_MAP_DMA failed: ${reason}`,
    help: "The host refused to map memory for the device: ENOSPC when the container's entries are used up, ENOMEM when this process may not lock more memory.",
  },
  VFIO_DMA_UNMAP: {
    text: (reason: string) => `VFIO_UNMAP_DMA failed: ${reason}`,
    help: "The host refused to unmap memory of the device.",
  },
  VFIO_FOLLOW_REGION: {
    text: (region: string, reason: string) => `Region ${region}: ${reason}`,
    help: "Memory of the machine could not be mapped for a device. The reason is the host's, or the IOMMU's in between.",
  },
  VFIO_FOLLOW_MAP: {
    text: (iova: number, length: number, host: number, errno: number, reason: string) =>
      `vfio_container_dma_map(${hex(iova)}, ${hex(length)}, ${hex(host)}) = -${errno} (${reason})`,
    help: "The host refused to map memory of the machine for a device.",
  },
  VFIO_FOLLOW_UNMAP: {
    text: (iova: number, length: number, errno: number, reason: string) =>
      `vfio_container_dma_unmap(${hex(iova)}, ${hex(length)}) = -${errno} (${reason})`,
    help: "The host refused to unmap memory of the machine.",
  },
  VFIO_MODEL_ADDRESS: {
    text: (address: string) => `'${address}' is no PCI address`,
    help: "A modelled device's address is written as DOMAIN:BUS:DEVICE.FUNCTION.",
    advice: "write it like 0000:01:00.0",
  },
  VFIO_MODEL_TWICE: {
    text: (address: string) => `two devices at ${address}`,
    help: "Two modelled devices have the same address.",
  },
  VFIO_MODEL_FILE: {
    text: (file: string, reason: string) => `Could not open '${file}': ${reason}`,
    help: "The file behind a namespace of a modelled NVMe controller could not be opened. Files are never created.",
    at: "devices",
  },
  VFIO_MODEL_NAMESPACE: {
    text: (file: string, reason: string) => `'${file}' cannot be a namespace: ${reason}`,
    help: "A namespace is at least one block, whole blocks, and all of its file.",
    at: "devices",
  },
  VFIO_MODEL_FILE_SHARED: {
    text: (file: string, first: string, second: string) => `'${file}' is ${first} and ${second}, and is written`,
    help: "A file that somebody writes can be one namespace only.",
    at: "devices",
    advice: "give each namespace a file of its own, or make both readOnly",
  },
  VFIO_MODEL_NO_CONTAINER: {
    text: () => "this machine's VFIO is not the model",
    help: "A container of the model was asked for in a machine whose VFIO_HOST another plugin provides.",
  },
  VFIO_PCI_HOST: {
    text: () => "No provided host device",
    help: "A `vfio-pci` needs to know which device of the host it is.",
    hints: [
      "Use -device vfio-pci,host=DDDD:BB:DD.F or -device vfio-pci,fd=DEVICE_FD or -device vfio-pci,sysfsdev=PATH_TO_DEVICE",
    ],
  },
  VFIO_PCI_MISSING: {
    text: (host: string) => `vfio /sys/bus/pci/devices/${host}: no such host device: No such file or directory`,
    help: "The host has no PCI device at that address. Define it under `vfio-helpers.devices`.",
  },
  VFIO_PCI: {
    text: (host: string, reason: string) => `vfio ${host}: ${reason}`,
    help: "A device of the host could not be given to the guest.",
  },
  NVME_DEVICE: {
    text: () => "'device' option is required",
    help: "A node of the driver nvme needs the PCI address of its controller.",
  },
  NVME_FAILED: {
    text: (what: string) => what,
    help: "The NVMe controller did not come up as NVM Express asks for. The text says at which step.",
  },
  NVME_WRITE_CACHE: {
    text: () => "NVMe controller doesn't support write cache configuration",
    help: "`cache.direct=on` turns the controller's write cache off, and this one has none that can be.",
  },
  NVME_RESIZE: {
    text: () => "Cannot resize NVMe devices",
    help: "A namespace has the length that its controller gives it.",
  },
});
