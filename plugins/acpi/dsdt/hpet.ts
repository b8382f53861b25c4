// The high-precision event timer: IA-PC HPET Specification 1.0a §2.3.4 (capabilities) and §3.2.2 (namespace).
import {
  type AmlNode,
  Device,
  EisaId,
  Field,
  If,
  LEqual,
  LGreater,
  LOr,
  Local,
  Memory32Fixed,
  Method,
  Name,
  OperationRegion,
  ResourceTemplate,
  Return,
  Scope,
  ShiftRight,
  Store,
} from "../aml/index.ts";

export interface HpetDsdtFacts {
  readonly base: number;
  readonly length: number;
}

/** The specification's limit for a tick, in femtoseconds. */
const LONGEST_PERIOD = 100_000_000;
const PRESENT = 0x0f;
const NO_VENDOR = 0xffff;

/** The device is absent when its registers read as if nothing were there. */
export function hpetDevice({ base, length }: HpetDsdtFacts): readonly AmlNode[] {
  const vendor = Local(0);
  const period = Local(1);
  return [
    Scope(
      "_SB",
      Device(
        "HPET",
        Name("_HID", EisaId("PNP0103")),
        Name("_UID", 0),
        OperationRegion("HPTM", "SystemMemory", base, length),
        Field("HPTM", { access: "DWordAcc", lock: true, update: "Preserve" }, ["VEND", 32], ["PRD", 32]),
        Method(
          "_STA",
          0,
          Store("VEND", vendor),
          Store("PRD", period),
          ShiftRight(vendor, 16, vendor),
          If(LOr(LEqual(vendor, 0), LEqual(vendor, NO_VENDOR)), Return(0)),
          If(LOr(LEqual(period, 0), LGreater(period, LONGEST_PERIOD)), Return(0)),
          Return(PRESENT),
        ),
        Name("_CRS", ResourceTemplate(Memory32Fixed(base, length, "ReadOnly"))),
      ),
    ),
  ];
}
