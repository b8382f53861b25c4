import {
  byteLength,
  definePlugin,
  guestAddress,
  MEMORY_REGIONS,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AnyPlugin,
  type MemoryRegionOps,
} from "backplane";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { BLOB_NAMES, goldenBlob, type AcpiGolden, type BlobName, type Json } from "../../peer/golden.ts";
import { FakePciHost } from "./fake-pci-host.ts";
import type { FakeBar, FakeFunctionFacts } from "./fake-function.ts";

export const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface PeerFunction {
  readonly slot: number;
  readonly function: number;
  readonly id: { readonly vendor: number; readonly device: number };
  readonly class_info: { readonly class: number };
  readonly irq_pin: number;
  readonly irq?: number;
  readonly regions: readonly {
    readonly bar: number;
    readonly type: "io" | "memory";
    readonly size: number;
    readonly address: number;
    readonly prefetch?: boolean;
    readonly mem_type_64?: boolean;
  }[];
  readonly pci_bridge?: {
    readonly bus: Readonly<Record<"number" | "secondary" | "subordinate", number>> &
      Readonly<
        Record<"io_range" | "memory_range" | "prefetchable_range", { readonly base: number; readonly limit: number }>
      >;
    readonly devices?: readonly PeerFunction[];
  };
}

/** Programming interfaces, which query-pci does not give, by device id: AHCI, EHCI, xHCI, NVMe. */
const INTERFACES: ReadonlyMap<number, number> = new Map([
  [0x2922, 0x01],
  [0x293a, 0x20],
  [0x000d, 0x30],
  [0x0010, 0x02],
]);

function facts(peer: PeerFunction): FakeFunctionFacts {
  const bars = peer.regions.map(({ bar, type, size, prefetch, mem_type_64 }): FakeBar => ({
    index: bar,
    size,
    isIo: type === "io",
    prefetch: prefetch === true,
    is64: mem_type_64 === true,
  }));
  const { slot, function: fn, id, class_info, irq_pin, pci_bridge } = peer;
  const behind = pci_bridge === undefined ? {} : { behind: (pci_bridge.devices ?? []).map(facts) };
  const programming = INTERFACES.get(id.device) ?? 0;
  return {
    slot,
    fn,
    interface: programming,
    vendor: id.vendor,
    device: id.device,
    classCode: class_info.class,
    interruptPin: irq_pin,
    bars,
    ...behind,
  };
}

export function peerBuses(
  reply: Json | undefined,
): { readonly bus: number; readonly devices: readonly PeerFunction[] }[] {
  return (reply ?? []) as unknown as { readonly bus: number; readonly devices: readonly PeerFunction[] }[];
}

/** The functions of a golden by root bus, as they were found after the firmware. */
function goldenFunctions(golden: AcpiGolden): Map<number, FakeFunctionFacts[]> {
  return new Map(peerBuses(golden.phases.firmware?.pci).map(({ bus, devices }) => [bus, devices.map(facts)]));
}

/** What query-pci says of each function, without names: what the firmware decides about. */
export function decisions(functions: readonly PeerFunction[]): unknown[] {
  return functions.map(({ slot, function: fn, irq, irq_pin, regions, pci_bridge }) => ({
    slot,
    fn,
    irq: irq_pin === 0 ? 0 : irq,
    // Of ROMs the enable bit is off again, so the peer gives no address.
    bars: regions.map(({ bar, address }) => ({ bar, address: address < 0 ? undefined : address })),
    bridge:
      pci_bridge === undefined
        ? undefined
        : {
            buses: [pci_bridge.bus.number, pci_bridge.bus.secondary, pci_bridge.bus.subordinate],
            io: pci_bridge.bus.io_range,
            memory: pci_bridge.bus.memory_range,
            prefetch: pci_bridge.bus.prefetchable_range,
            behind: decisions(pci_bridge.devices ?? []),
          },
  }));
}

/** The RAM below 4 GiB that a golden's e820 gives. */
function lowRam(golden: AcpiGolden): number {
  const e820 = Buffer.from(golden.fwCfg.find(({ name }) => name === "etc/e820")?.data ?? "", "base64");
  for (let at = 0; at + 20 <= e820.length; at += 20) {
    if (e820.readBigUInt64LE(at) === 0n) return Number(e820.readBigUInt64LE(at + 8));
  }
  return 0x1000_0000;
}

function processors(golden: AcpiGolden): { readonly present: number; readonly possible: number } {
  const smp = golden.args[golden.args.indexOf("-smp") + 1] ?? "";
  const present = golden.args.includes("-smp") ? Number(/^(?:cpus=)?(\d+)/.exec(smp)?.[1] ?? 1) : 1;
  return { present, possible: Number(/maxcpus=(\d+)/.exec(smp)?.[1] ?? present) };
}

/** A register of 32 bits that keeps what is written. */
function register(): MemoryRegionOps {
  let contents = 0;
  return {
    valid: { min: 4, max: 4 },
    impl: { min: 4, max: 4 },
    read: () => contents,
    write: (_offset, value) => {
      contents = value;
    },
  };
}

export interface GoldenHardware {
  readonly plugin: AnyPlugin;
  readonly pci: FakePciHost;
}

const ROOT_PORT = 0x000c;

export interface HardwareChange {
  /** Other contents of the tables' files, from their first select on. */
  readonly blobs?: Partial<Record<BlobName, Uint8Array>>;
  /** Reserve hints of the root ports. */
  readonly hints?: Uint8Array;
  /** What configuration reads give instead of the functions' registers. */
  readonly configuration?: (address: number, size: number) => number;
}

/** RAM, a PCI host with the golden's functions, and its fw_cfg files, whose tables change when they are selected. */
export function goldenHardware(golden: AcpiGolden, change: HardwareChange = {}): GoldenHardware {
  const { hints } = change;
  const buses = goldenFunctions(golden);
  if (hints !== undefined) {
    for (const [bus, functions] of buses) {
      buses.set(
        bus,
        functions.map((fn) => (fn.device === ROOT_PORT ? { ...fn, hints } : fn)),
      );
    }
  }
  const pci = new FakePciHost(buses, change.configuration);
  const plugin = definePlugin({
    id: "golden-hardware",
    apiVersion: 1,
    summary: "what the scripted firmware of a test finds",
    requires: [FW_CFG],
    attach(machine) {
      const regions = machine.use(MEMORY_REGIONS);
      machine.use(SYSTEM_MEMORY).root.addSubregion(guestAddress(0), regions.ram("ram", byteLength(lowRam(golden))));
      const io = machine.use(SYSTEM_IO).root;
      io.addSubregion(guestAddress(0x630), regions.io("smi-enable", byteLength(4), register()));
      io.addSubregion(guestAddress(0xcf8), regions.io("pci-conf", byteLength(8), pci.ops()));
      const fwCfg = machine.use(FW_CFG);
      const isBlob = (name: string): name is BlobName => BLOB_NAMES.some((blob) => blob === name);
      const blobs = new Map<BlobName, () => void>();
      const rebuild = (): void => {
        for (const change of blobs.values()) change();
        blobs.clear();
      };
      for (const { name, size, data, key } of golden.fwCfg) {
        if (key < 0x20 || fwCfg.file(name) !== undefined || name === "bootorder" || name === "bios-geometry") continue;
        if (!isBlob(name)) {
          fwCfg.addFile(name, data === undefined ? new Uint8Array(size) : Buffer.from(data, "base64"), {
            writable: name === "etc/vmgenid_addr",
          });
          continue;
        }
        const selected = change.blobs?.[name] ?? goldenBlob(golden, "firmware", name);
        const early = goldenBlob(golden, "machine-done", name).subarray(0, size);
        const file = fwCfg.addFile(name, early, { onSelect: rebuild });
        const after = name === "etc/acpi/rsdp" ? selected.subarray(0, size) : selected;
        blobs.set(name, () => file.update(new Uint8Array(after)));
      }
      const { present, possible } = processors(golden);
      fwCfg.addNumber(FW_CFG_KEYS.nbCpus, present, 2);
      fwCfg.addNumber(FW_CFG_KEYS.maxCpus, possible, 2);
    },
  });
  return { plugin, pci };
}
