/** The Intel IOMMU (VT-d), for those who describe it. */
import { token } from "backplane";

export interface IntelIommuUnit {
  readonly registers: number;
  readonly addressWidth: number;
  readonly interruptRemapping: boolean;
  readonly extendedInterruptMode: boolean;
  readonly deviceIotlb: boolean;
  readonly passThrough: boolean;
  readonly cachingMode: boolean;
}

export interface IntelIommu {
  /** Undefined on a machine without `-device intel-iommu`. */
  readonly unit: IntelIommuUnit | undefined;
}

export const INTEL_IOMMU = token<IntelIommu>("INTEL_IOMMU");
