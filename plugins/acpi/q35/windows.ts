import { type HostBridgeResourceFacts, type Range, pciWindow64 } from "backplane/plugins/acpi/contract";
import type { Ich9 } from "backplane/plugins/ich9/contract";
import type { Mch, MmConfigWindow } from "backplane/plugins/mch/contract";
import type { PcMemory } from "backplane/plugins/pc-memory/contract";
import { COMMAND, REG, type PciBus } from "backplane/plugins/pci/contract";

const LAST_BUS = 0xff;

export function mmConfigRange(window: MmConfigWindow | undefined): { readonly mmConfig?: Range } {
  return window ? { mmConfig: { first: window.base, last: window.base + window.size - 1 } } : {};
}

/** 64-bit memory that functions on the bus decode, bridges' prefetchable windows among it. */
function programmed64({ functions }: PciBus): readonly Range[] {
  return functions
    .filter(({ config }) => (config.get16(REG.command) & COMMAND.memory) !== 0)
    .flatMap(({ bars, windows }) => [
      ...(windows ? [windows.prefetchable] : []),
      ...bars.flatMap(({ kind, address, size }) =>
        (kind === "memory64" || kind === "prefetchable64") && address !== undefined
          ? [{ first: address, last: address + size - 1 }]
          : [],
      ),
    ]);
}

/** What the root bus decodes at this moment. */
export function resourceFacts(mch: Mch, ich9: Ich9, memory: PcMemory): HostBridgeResourceFacts {
  return {
    lastBus: LAST_BUS,
    ...mmConfigRange(mch.mmConfig),
    ...(mch.hole32 ? { window32: mch.hole32 } : {}),
    window64: pciWindow64({
      programmed: programmed64(mch.root),
      floor: memory.pciHole64Start,
      size: mch.hole64Size,
    }),
    gpe0: ich9.gpe0,
    ...(ich9.pciHotplug ? { pciHotplug: ich9.pciHotplug } : {}),
  };
}
