// Memory-mapped configuration space: PCI Firmware Specification 3.0 §4.1.2.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";

/** The window that PCIEXBAR decodes at the moment of the build (Intel Q35 datasheet §5.1.16). */
export interface PciExpressWindow {
  readonly base: number;
  /** 64, 128 or 256 MiB. */
  readonly size: number;
}

const BYTES_PER_BUS = 1 << 20;
const SEGMENT = 0;
const FIRST_BUS = 0;

/** No window, no table: until the firmware enables PCIEXBAR there is nothing to describe. */
export function buildMcfg(oem: OemIds, window: PciExpressWindow | undefined): readonly TableImage[] {
  if (window === undefined) return [];
  const lastBus = window.size / BYTES_PER_BUS - 1;
  const body = new TableWriter().zeros(8).u64(window.base).u16(SEGMENT).u8(FIRST_BUS).u8(lastBus).zeros(4);
  return [{ bytes: acpiTable({ signature: "MCFG", revision: 1, oem }, body.finish()) }];
}
