import { prop, type DeviceType, type PropertyValues } from "backplane";
import { iommuErrors } from "./errors.ts";

const onOff = { description: "on/off" };
const onOffAuto = () => prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: "on/off/auto" });

export const intelIommuType = {
  name: "intel-iommu",
  parent: "x86-iommu",
  category: "misc",
  description: "Intel IOMMU (VT-d) DMA Remapping device",
  hotpluggable: false,
  properties: {
    // Has no effect in the peer either.
    version: prop.unsigned(32, 0),
    eim: onOffAuto(),
    "x-buggy-eim": prop.bool(false, onOff),
    "aw-bits": prop.unsigned(8, 48),
    "caching-mode": prop.bool(false, onOff),
    "x-scalable-mode": prop.bool(false, onOff),
    "x-flts": prop.bool(false, onOff),
    "snoop-control": prop.bool(false, onOff),
    "x-pasid-mode": prop.bool(false, onOff),
    "dma-drain": prop.bool(true, onOff),
    "dma-translation": prop.bool(true, onOff),
    "stale-tm": prop.bool(false, onOff),
    fs1gp: prop.bool(true, onOff),
    intremap: onOffAuto(),
    "device-iotlb": prop.bool(false, onOff),
    pt: prop.bool(true, onOff),
  },
} satisfies DeviceType;

export type IommuProperties = PropertyValues<typeof intelIommuType.properties>;

/** The options with their automatic values decided. */
export interface IommuConfiguration {
  readonly addressWidth: number;
  readonly interruptRemapping: boolean;
  readonly extendedInterruptMode: boolean;
  readonly cachingMode: boolean;
  readonly deviceIotlb: boolean;
  readonly scalable: boolean;
  readonly firstLevel: boolean;
  readonly firstLevelGiant: boolean;
  readonly pasid: boolean;
  readonly snoopControl: boolean;
  readonly drain: boolean;
  readonly translation: boolean;
  readonly passThrough: boolean;
  /** Bit 62 of second-level pages may be set although it has been reserved since version 3.2 of the specification. */
  readonly staleTransient: boolean;
}

/** Checks the options in the peer's order. Throws with its texts. */
export function configure(properties: IommuProperties): IommuConfiguration {
  // Without a kernel's interrupt controller remapping is on unless it is turned off.
  const interruptRemapping = properties.intremap !== "off";
  const { eim, "aw-bits": addressWidth, "x-scalable-mode": scalable, "x-flts": firstLevel } = properties;
  if (properties["x-pasid-mode"] && properties["device-iotlb"]) throw iommuErrors.IOMMU_PASID_DEVICE_IOTLB();
  if (eim === "on" && !interruptRemapping) throw iommuErrors.IOMMU_EIM();
  if (!scalable && firstLevel) throw iommuErrors.IOMMU_FIRST_LEVEL();
  if (!firstLevel && addressWidth !== 39 && addressWidth !== 48) {
    throw iommuErrors.IOMMU_ADDRESS_WIDTH(scalable ? "Scalable mode(flts=off)" : "Legacy mode");
  }
  if (firstLevel && addressWidth !== 48) throw iommuErrors.IOMMU_ADDRESS_WIDTH_FIRST_LEVEL();
  if (scalable && !properties["dma-drain"]) throw iommuErrors.IOMMU_DRAIN();
  if (properties["x-pasid-mode"] && !scalable) throw iommuErrors.IOMMU_PASID();
  return {
    addressWidth,
    interruptRemapping,
    extendedInterruptMode: interruptRemapping && (eim === "on" || (eim === "auto" && properties["x-buggy-eim"])),
    cachingMode: properties["caching-mode"],
    deviceIotlb: properties["device-iotlb"],
    scalable,
    firstLevel,
    firstLevelGiant: properties.fs1gp,
    pasid: properties["x-pasid-mode"],
    snoopControl: properties["snoop-control"],
    drain: properties["dma-drain"],
    translation: properties["dma-translation"],
    passThrough: properties.pt,
    staleTransient: properties["stale-tm"],
  };
}
