import type { DeviceContext } from "backplane";
import { type AcpiDsdt, panicPort } from "backplane/plugins/acpi/contract";

/** Has the device describe its port behind the LPC bridge, for as long as it lives. */
export function describePvpanic(dsdt: AcpiDsdt | undefined, device: DeviceContext, port: number): void {
  if (dsdt !== undefined) device.own(dsdt.describe(device.path, () => panicPort(port)));
}
