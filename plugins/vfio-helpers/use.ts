import type { VfioContainer, VfioDma } from "./contract.ts";

/** A device that is open, for as long as it is. */
export interface VfioUse {
  readonly address: string;
  readonly container: VfioContainer;
  /** A driver's of this process. */
  readonly dma?: VfioDma;
  /** The path of the guest's device that it is. */
  readonly guest?: string;
}
