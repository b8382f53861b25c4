import { defineErrors } from "backplane";

export const iommuErrors = defineErrors({
  IOMMU_TWICE: {
    text: () => "QEMU does not support multiple vIOMMUs for x86 yet.",
    help: "A machine can have one IOMMU.",
  },
  IOMMU_EIM: {
    text: () => "eim=on cannot be selected without intremap=on",
    help: "Extended interrupt mode needs interrupt remapping.",
  },
  IOMMU_FIRST_LEVEL: {
    text: () => "x-flts is only available in scalable mode",
    help: "`x-flts=on` needs `x-scalable-mode=on`.",
  },
  IOMMU_ADDRESS_WIDTH: {
    text: (mode: string) => `${mode}: supported values for aw-bits are: 39, 48`,
    help: "`aw-bits` is neither 39 nor 48.",
  },
  IOMMU_ADDRESS_WIDTH_FIRST_LEVEL: {
    text: () => "Scalable mode(flts=on): supported value for aw-bits is: 48",
    help: "First-level translation needs `aw-bits=48`.",
  },
  IOMMU_DRAIN: {
    text: () => "Need to set dma_drain for scalable mode",
    help: "`x-scalable-mode=on` needs `dma-drain=on`.",
  },
  IOMMU_PASID: {
    text: () => "Need to set scalable mode for PASID",
    help: "`x-pasid-mode=on` needs `x-scalable-mode=on`.",
  },
  IOMMU_PASID_DEVICE_IOTLB: {
    text: () => "PASID based device IOTLB is not supported",
    help: "`x-pasid-mode=on` and `device-iotlb=on` exclude each other.",
  },
  IOMMU_SNOOP_FOLLOWED: {
    text: () => "Snoop Control with vhost or VFIO is not supported: Operation not supported",
    help: "A device outside of the machine's memory follows translations, and `snoop-control=on`.",
  },
  IOMMU_CACHING_MODE: {
    text: (device: string) => `device ${device} requires caching mode: Operation not supported`,
    help: "A device follows what is mapped, which needs `caching-mode=on`.",
  },
  IOMMU_DEVICE_IOTLB: {
    text: (device: string) => `device ${device} requires device IOTLB mode: Operation not supported`,
    help: "A device has a cache of translations of its own, which needs `device-iotlb=on`.",
  },
});
