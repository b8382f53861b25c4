// What a port asks the firmware to keep free behind it: a vendor capability of the peer (docs/pcie_pci_bridge).
import { CAPABILITY, type PciFunction } from "backplane/plugins/pci/contract";
import { rootPortErrors } from "./errors.ts";

const LENGTH = 0x20;
const TYPE = 1;
const FOUR_GIB = 2 ** 32;
const UNSET = 0xffffffff;

/** Undefined is "no wish". */
export interface Reserve {
  readonly buses: number | undefined;
  readonly io: number | undefined;
  readonly memory: number | undefined;
  readonly prefetchable32: number | undefined;
  readonly prefetchable64: number | undefined;
}

/** Adds the capability if there is anything to say. Throws with the peer's texts. */
export function addReserve(target: PciFunction, reserve: Reserve): void {
  const { buses, io, memory, prefetchable32, prefetchable64 } = reserve;
  if (prefetchable32 !== undefined && prefetchable64 !== undefined) throw rootPortErrors.ROOT_PORT_RESERVE_CONFLICT();
  if (memory !== undefined && memory >= FOUR_GIB) throw rootPortErrors.ROOT_PORT_RESERVE_LARGE("mem-reserve");
  // The space before "must" is doubled in the peer's text.
  if (prefetchable32 !== undefined && prefetchable32 >= FOUR_GIB)
    throw rootPortErrors.ROOT_PORT_RESERVE_LARGE("pref32-reserve ");
  if (Object.values(reserve).every((wish) => wish === undefined)) return;
  const { config } = target;
  const at = target.addCapability(CAPABILITY.vendor, LENGTH);
  config.set8(at + 2, LENGTH);
  config.set8(at + 3, TYPE);
  const put64 = (offset: number, value: number | undefined): void => {
    config.set32(at + offset, value === undefined ? UNSET : value % FOUR_GIB);
    config.set32(at + offset + 4, value === undefined ? UNSET : Math.floor(value / FOUR_GIB));
  };
  config.set32(at + 4, buses ?? UNSET);
  put64(8, io);
  config.set32(at + 0x10, memory ?? UNSET);
  config.set32(at + 0x14, prefetchable32 ?? UNSET);
  put64(0x18, prefetchable64);
}
