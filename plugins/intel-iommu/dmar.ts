// DMA Remapping Reporting table: Intel Virtualization Technology for Directed I/O, revision 3.3, chapter 8.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";

export interface DmarFacts {
  /** The option `aw-bits`: 39, 48 or 57. */
  readonly addressWidth: number;
  readonly interruptRemapping: boolean;
  /** The option `device-iotlb`: root ports translate for devices with a cache of their own (ATS). */
  readonly deviceIotlb: boolean;
  /**
   * The functions directly on each root bus whose host bridge does not bypass the IOMMU: buses in the order of the
   * object tree, functions of a bus in the order of device and function number. What sits behind a bridge is
   * covered by the bridge.
   */
  readonly functions: readonly DmarFunction[];
}

export interface DmarFunction {
  /** The number of the root bus: 0, or that of an expander. */
  readonly bus: number;
  readonly device: number;
  readonly function: number;
  /** A PCI-to-PCI bridge or a root port. */
  readonly isBridge: boolean;
}

const REGISTERS = 0xfed90000;
const INTERRUPT_REMAPPING = 1;
const STRUCTURES = { hardwareUnit: 0, rootPortAts: 2 } as const;
const SCOPES = { endpoint: 1, bridge: 2, ioApic: 3 } as const;
const HARDWARE_UNIT_LENGTH = 16;
const ROOT_PORT_ATS_LENGTH = 8;
/** A scope with a path of one step. */
const SCOPE_LENGTH = 8;
const ALL_PORTS = 1;
const SEGMENT = 0;
const IO_APIC_ID = 0;
/** The interrupt controller's source id is that of a function on a bus that does not exist. */
const IO_APIC_SOURCE = { bus: 0xff, device: 0, function: 0 } as const;

type Path = Omit<DmarFunction, "isBridge">;

/** §8.3.1. */
function writeScope(writer: TableWriter, type: number, enumerationId: number, path: Path): void {
  writer.u8(type).u8(SCOPE_LENGTH).u16(0).u8(enumerationId).u8(path.bus).u8(path.device).u8(path.function);
}

export function buildDmar(oem: OemIds, facts: DmarFacts): TableImage {
  const writer = new TableWriter().u8(facts.addressWidth - 1);
  writer.u8(facts.interruptRemapping ? INTERRUPT_REMAPPING : 0).zeros(10);

  // §8.3. One unit that names its devices, rather than claiming all of the segment.
  const length = HARDWARE_UNIT_LENGTH + SCOPE_LENGTH * (1 + facts.functions.length);
  writer.u16(STRUCTURES.hardwareUnit).u16(length).u8(0).u8(0).u16(SEGMENT).u64(REGISTERS);
  writeScope(writer, SCOPES.ioApic, IO_APIC_ID, IO_APIC_SOURCE);
  for (const path of facts.functions) writeScope(writer, path.isBridge ? SCOPES.bridge : SCOPES.endpoint, 0, path);

  // §8.5.
  if (facts.deviceIotlb) writer.u16(STRUCTURES.rootPortAts).u16(ROOT_PORT_ATS_LENGTH).u8(ALL_PORTS).u8(0).u16(SEGMENT);
  return { bytes: acpiTable({ signature: "DMAR", revision: 1, oem }, writer.finish()) };
}
