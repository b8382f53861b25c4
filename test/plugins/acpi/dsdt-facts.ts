import {
  type ExpanderBridgeFacts,
  type IsaDeviceFacts,
  type IsaNumberedFacts,
  type PciBusFacts,
  type PciFunctionFacts,
  type PortBlock,
  type Q35DsdtFacts,
  type Range,
  floppyController,
  keyboardController,
  lpcBridge,
  panicPort,
  parallelPort,
  pciWindow64,
  realTimeClock,
  selectableBuses,
  serialPort,
  vgaSleepStates,
} from "../../../plugins/acpi/dsdt/index.ts";
import type { AmlNode } from "../../../plugins/acpi/aml/index.ts";
import type { AcpiGolden, Phase } from "../../peer/golden.ts";
import { type CaseArgs, integer, parseArgs } from "./case-args.ts";
import { memoryOf, nodeMemory, processors, sratFacts } from "./case-facts.ts";

const GIB = 2 ** 30;
const FOUR_GIB = 4 * GIB;
const LPC_BRIDGE = 0xf8;
const STANDARD_VGA = 0x1111;
const PCIE_ROOT_PORT = 0x000c;

/** What query-pci tells. */
interface Window {
  readonly base: number;
  readonly limit: number;
}

interface Device {
  readonly slot: number;
  readonly function: number;
  readonly qdev_id: string;
  readonly id: { readonly device: number };
  readonly regions: readonly {
    readonly type: string;
    readonly address: number;
    readonly size: number;
    readonly mem_type_64?: boolean;
  }[];
  readonly pci_bridge?: {
    readonly bus: {
      readonly subordinate: number;
      readonly io_range: Window;
      readonly memory_range: Window;
      readonly prefetchable_range: Window;
    };
    readonly devices?: readonly Device[];
  };
}

interface Bus {
  readonly bus: number;
  readonly devices: readonly Device[];
}

interface MutableBus extends PciBusFacts {
  selector?: number;
}

function values({ args }: AcpiGolden, option: string): string[] {
  return args.flatMap((arg, i) => (arg === option ? [args[i + 1] ?? ""] : []));
}

/** `-global driver.property=value`, by its left side. */
function globals(golden: AcpiGolden): Map<string, string> {
  return new Map(
    values(golden, "-global").map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );
}

const SERIAL_PORTS = [
  { base: 0x3f8, irq: 4 },
  { base: 0x2f8, irq: 3 },
] as const;
const PARALLEL_PORT: IsaNumberedFacts = { base: 0x378, irq: 7, index: 0 };

/** ISA devices in the order of their creation: the board's own, then those of the command line. */
function isaDevices(golden: AcpiGolden, { devices }: CaseArgs): IsaDeviceFacts[] {
  const bare = golden.args.includes("-nodefaults");
  const backends = values(golden, "-serial");
  const serial = backends.some((backend) => backend !== "none") || (!bare && backends.length === 0);
  const isa: (() => readonly AmlNode[])[] = [realTimeClock];
  let serials = 0;
  const addSerial = (): void => {
    const index = serials++;
    const port = SERIAL_PORTS[index];
    if (port) isa.push(() => serialPort({ ...port, index }));
  };
  if (serial) addSerial();
  if (!bare) isa.push(() => parallelPort(PARALLEL_PORT));
  isa.push(keyboardController);
  for (const device of devices) {
    const driver = device.get("driver");
    if (driver === "isa-serial") addSerial();
    if (driver === "isa-parallel") isa.push(() => parallelPort(PARALLEL_PORT));
    if (driver === "isa-fdc") isa.push(() => floppyController({ base: 0x3f0, irq: 6, dma: 2 }));
    if (driver === "pvpanic") isa.push(() => panicPort(0x505));
  }
  return isa.map((describe) => ({ describe: () => describe() }));
}

function describe(
  device: Device,
  devfn: number,
  root: boolean,
  isa: readonly IsaDeviceFacts[],
): Partial<PciFunctionFacts> {
  if (root && devfn === LPC_BRIDGE) return { describe: () => lpcBridge(isa) };
  return device.id.device === STANDARD_VGA ? { describe: vgaSleepStates } : {};
}

/** The tree as the firmware left it: before, bridges hide what is behind them. Within the goldens its order is that of creation. */
function pciBus(
  devices: readonly Device[],
  shape: { express: boolean; hotpluggable: boolean },
  isa: readonly IsaDeviceFacts[],
  args: CaseArgs,
  root = false,
): MutableBus {
  const functions = devices.map((device): PciFunctionFacts => {
    const devfn = device.slot * 8 + device.function;
    const options = args.devices.find((candidate) => device.qdev_id !== "" && candidate.get("id") === device.qdev_id);
    const behind = { express: device.id.device === PCIE_ROOT_PORT, hotpluggable: options?.get("hotplug") !== "off" };
    return {
      devfn,
      hotpluggable: device.id.device !== STANDARD_VGA,
      hotplugged: false,
      ...(options?.has("acpi-index") === true ? { acpiIndex: integer(options, "acpi-index") } : {}),
      ...(device.pci_bridge ? { secondary: pciBus(device.pci_bridge.devices ?? [], behind, isa, args) } : {}),
      ...describe(device, devfn, root, isa),
    };
  });
  return { ...shape, functions };
}

const placed = (ranges: readonly Range[]): Range[] => ranges.filter(({ first, last }) => first > 0 && first <= last);
const windows = (...ranges: readonly (Window | undefined)[]): Range[] =>
  ranges.flatMap((range) => (range ? [{ first: range.base, last: range.limit }] : []));

/** Expander bridges, from the root buses that query-pci lists beside the first. */
function expanders(buses: readonly Bus[], booted: boolean, args: CaseArgs): ExpanderBridgeFacts[] {
  const bridges = args.devices.filter((device) => device.get("driver") === "pxb-pcie");
  return bridges.map((bridge) => {
    const number = integer(bridge, "bus_nr");
    const devices = booted ? (buses.find((bus) => bus.bus === number)?.devices ?? []) : [];
    const behind = devices.flatMap((device) => (device.pci_bridge ? [device.pci_bridge.bus] : []));
    const regions = (io: boolean): Range[] =>
      devices
        .flatMap((device) => device.regions.filter((region) => (region.type === "io") === io))
        .map(({ address, size }) => ({ first: address, last: address + size - 1 }));
    return {
      bus: number,
      lastBus: Math.max(number, ...behind.map((bus) => bus.subordinate)),
      uid: number,
      express: true,
      io: placed([...regions(true), ...windows(...behind.map((bus) => bus.io_range))]),
      memory: placed([
        ...regions(false),
        ...windows(...behind.flatMap((bus) => [bus.memory_range, bus.prefetchable_range])),
      ]),
    };
  });
}

/** Enabled 64-bit memory on the root bus. */
function programmed64(devices: readonly Device[]): Range[] {
  const regions = devices.flatMap((device) => device.regions.filter((region) => region.mem_type_64 === true));
  const bars = regions.map(({ address, size }) => ({ first: address, last: address + size - 1 }));
  return placed([...bars, ...windows(...devices.map((device) => device.pci_bridge?.bus.prefetchable_range))]);
}

function sleep(golden: AcpiGolden): Q35DsdtFacts["sleep"] {
  const lpc = globals(golden);
  const s4Type = Number(lpc.get("ICH9-LPC.s4_val") ?? 2);
  return { s3: lpc.get("ICH9-LPC.disable_s3") !== "1", ...(lpc.get("ICH9-LPC.disable_s4") === "1" ? {} : { s4Type }) };
}

/** The facts of a golden's machine, as they are in one phase. */
export function dsdtFacts(golden: AcpiGolden, phase: Phase): Q35DsdtFacts {
  const args = parseArgs(golden.args);
  const booted = phase === "firmware";
  const reset = phase !== "machine-done";
  const buses = (golden.phases.firmware?.pci ?? []) as unknown as readonly Bus[];
  const devices = buses.find(({ bus }) => bus === 0)?.devices ?? [];
  const root = pciBus(devices, { express: true, hotpluggable: false }, isaDevices(golden, args), args, true);
  const acpiHotplug = globals(golden).get("ICH9-LPC.acpi-pci-hotplug-with-bridge-support") !== "off";
  if (acpiHotplug && reset)
    for (const [selector, bus] of selectableBuses<MutableBus>(root).entries()) bus.selector = selector;
  const { ram, belowFourGiB, slots, hotplug } = memoryOf(args);
  const nodes = nodeMemory(args).length > 0 ? sratFacts(args).cpus : [];
  const registers: PortBlock = { base: 0xcc0, length: 0x18 };
  return {
    cpus: {
      base: 0xcd8,
      possible: processors(args).map(({ apicId }, i) => ({
        apicId,
        boot: i === 0,
        ...(nodes[i] ? { node: nodes[i].node } : {}),
      })),
    },
    ...(slots > 0 ? { memory: { slots, base: 0xa00 } } : {}),
    ...(args.machine.get("hpet") === "off" ? {} : { hpet: { base: 0xfed00000, length: 0x400 } }),
    fwCfg: { base: 0x510, length: 12 },
    sleep: sleep(golden),
    nvdimm: args.machine.get("nvdimm") === "on",
    ...(acpiHotplug ? { pciHotplug: registers } : {}),
    root,
    expanders: expanders(buses, booted, args),
    gpe0: { base: booted ? 0x620 : 0x20, length: 16 },
    ...(booted ? { mmConfig: { first: 0xb0000000, last: 0xbfffffff } } : {}),
    ...(reset ? { window32: { first: belowFourGiB, last: 0xfebfffff } } : {}),
    window64: pciWindow64({
      programmed: booted ? programmed64(devices) : [],
      floor: hotplug ? hotplug.base + hotplug.length : FOUR_GIB + ram - belowFourGiB,
      size: 32 * GIB,
    }),
  };
}
