import type { DeviceContext, JsonValue } from "backplane";
import type { LpcBridge } from "./lpc.ts";
import { PCI_HOTPLUG_LENGTH } from "./pci-hotplug.ts";
import { PORTS } from "./registers.ts";
import { APM_COMMAND } from "./smi.ts";

const GSI_COUNT = 24;

/** What every ICH9 LPC bridge has besides its type's properties: the facts from which the peer builds its ACPI tables. */
const FACTS: { readonly [name: string]: { readonly type: string; readonly get: (bridge: LpcBridge) => JsonValue } } = {
  sci_int: { type: "uint8", get: ({ sciInterrupt }) => sciInterrupt },
  acpi_enable_cmd: { type: "uint8", get: () => APM_COMMAND.acpiEnable },
  acpi_disable_cmd: { type: "uint8", get: () => APM_COMMAND.acpiDisable },
  gpe0_blk: { type: "uint32", get: ({ gpe0 }) => gpe0.base },
  gpe0_blk_len: { type: "uint32", get: ({ gpe0 }) => gpe0.length },
  pm_io_base: { type: "uint32", get: ({ pmBase }) => pmBase },
  "x-smi-negotiated-features": { type: "uint64", get: ({ features }) => features.negotiated },
  "cpu-hotplug-legacy": { type: "bool", get: ({ cpuHotplug }) => !cpuHotplug.isModern },
};

export const LPC_PARTS: { readonly [name: string]: string } = {
  ...Object.fromEntries(Object.entries(FACTS).map(([name, { type }]) => [name, type])),
  ...Object.fromEntries(Array.from({ length: GSI_COUNT }, (_, line) => [`gsi[${line}]`, "link<irq>"])),
  rtc: "child<mc146818rtc>",
};

export function showBridge({ object }: DeviceContext, bridge: LpcBridge): void {
  for (const [name, { type, get }] of Object.entries(FACTS)) object.add({ name, type, get: () => get(bridge) });
  object.add({ name: "smm-enabled", type: "bool", get: () => bridge.smmEnabled });
  if (bridge.hotplug === undefined) return;
  object.add({ name: "acpi-pcihp-io-base", type: "uint16", get: () => PORTS.pciHotplug });
  object.add({ name: "acpi-pcihp-io-len", type: "uint16", get: () => PCI_HOTPLUG_LENGTH });
}
