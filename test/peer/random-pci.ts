import type { MachineDraft } from "./random-machine.ts";

const IOMMU = [
  "intremap=on",
  "intremap=off",
  "device-iotlb=on",
  "aw-bits=39",
  "aw-bits=48",
  "caching-mode=on",
  "eim=off",
  "x-buggy-eim=on",
  "snoop-control=on",
  "dma-drain=off",
  "dma-translation=off",
  "pt=off",
  "version=1",
  "eim=on",
  "x-scalable-mode=on",
  "x-flts=on",
  "x-pasid-mode=on",
  "fs1gp=off",
];

const PORT = [
  "port=7",
  "hotplug=off",
  "bus-reserve=3",
  "io-reserve=4K",
  "mem-reserve=8M",
  "pref64-reserve=64M",
  "x-speed=8",
  "x-width=4",
  "disable-acs=on",
  "acpi-index=5",
  "aer_log_max=0",
];

function addPorts(draft: MachineDraft): string[] {
  const { random } = draft;
  const count = random.between(1, 5);
  const functions = random.chance(0.3) ? random.between(2, 27) : undefined;
  const buses: string[] = [];
  for (let i = 0; i < count; i++) {
    const place =
      functions === undefined
        ? random.chance(0.3)
          ? `addr=${random.pick(["0x", ""])}${(10 + i).toString(16)}`
          : undefined
        : `addr=${functions.toString(16)}.${i}`;
    const several = functions !== undefined && i === 0 ? "multifunction=on" : undefined;
    const bus = random.chance(0.03) ? `bus=rp${i - 1}` : random.chance(0.3) ? "bus=pcie.0" : undefined;
    const numbers = `chassis=${i + 1}${random.chance(0.5) ? `,slot=${random.between(0, 30)}` : ""}`;
    draft.add("device", "pcie-root-port", `id=rp${i}`, bus, numbers, place, several, ...random.some(PORT, 0.06));
    buses.push(`rp${i}`);
  }
  return buses;
}

/** Conventional bridges, one behind the other. */
function addBridges(draft: MachineDraft, ports: readonly string[]): void {
  const { random } = draft;
  const under = ports.length > 0 && random.chance(0.5) ? random.pick(ports) : undefined;
  const direct = under === undefined && random.chance(0.3);
  if (!direct) {
    const place = under === undefined ? (random.chance(0.5) ? "addr=7" : undefined) : `bus=${under}`;
    draft.add("device", "pcie-pci-bridge,id=pp0", place, random.chance(0.2) ? "msi=off" : undefined);
  }
  let bus = direct ? "pcie.0" : "pp0";
  const count = random.between(direct ? 1 : 0, 3);
  for (let i = 0; i < count; i++) {
    const shpc = random.chance(0.2) ? `shpc=${random.pick(["on", "off"])}` : undefined;
    draft.add(
      "device",
      `pci-bridge,id=pb${i},bus=${bus},chassis_nr=${i + 20}`,
      `addr=${random.between(1, 6) + (bus === "pcie.0" ? 16 + i : 8 * i)}`,
      shpc,
    );
    if (random.chance(0.6)) bus = `pb${i}`;
  }
}

/** Remapping hardware, ports and bridges. */
export function addPciDevices(draft: MachineDraft): void {
  const { random } = draft;
  if (random.chance(0.25)) draft.add("device", "intel-iommu", ...random.some(IOMMU, 0.15));
  const ports = random.chance(0.4) ? addPorts(draft) : [];
  if (random.chance(0.2)) addBridges(draft, ports);
}
