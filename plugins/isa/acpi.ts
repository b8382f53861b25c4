import type { DeviceContext } from "backplane";
import { type AcpiDsdt, keyboardController, realTimeClock } from "backplane/plugins/acpi/contract";

/** What of the board's fixed devices a system must be told about; timers, DMA and interrupt controllers it knows. */
const DESCRIPTIONS = {
  i8042: () => keyboardController(),
  mc146818rtc: () => realTimeClock(),
} as const;

/** Has a fixed device describe itself behind the LPC bridge, for as long as it lives. */
export function describeIsaDevice(dsdt: AcpiDsdt | undefined, device: DeviceContext): void {
  const descriptions: Readonly<Record<string, (typeof DESCRIPTIONS)["i8042"]>> = DESCRIPTIONS;
  const describe = descriptions[device.type.name];
  if (dsdt !== undefined && describe !== undefined) device.own(dsdt.describe(device.path, describe));
}
