import type { BootContext } from "../boot-context.ts";
import { view } from "../bytes.ts";
import { ITEM } from "../fw-cfg-client.ts";
import { busOf, deviceOf, REG } from "../pci/config-access.ts";
import type { Steps } from "../steps.ts";
import { mpTable, type PciInterrupt, type ProcessorFacts } from "../tables/mp-table.ts";
import { pirTable } from "../tables/pir-table.ts";
import { entryPoint, entryPointKind, processorIds, withBiosInformation } from "../tables/smbios.ts";

const ANCHOR = "etc/smbios/smbios-anchor";
const TABLES = "etc/smbios/smbios-tables";
/** Neither interrupt routing nor a multiprocessor table is told of more possible APIC ids: MP entries have 8 bits for one. */
const MOST_TOLD_PROCESSORS = 255;
/** A larger multiprocessor table, pointer included, is left out. */
const MAX_MP_TABLE = 600;
/** Larger sets of tables do not go below 1 MiB. */
const MAX_LOW_SMBIOS = 600;
/** Without a word of the machine's about its processors: QEMU's default model under TCG. */
const DEFAULT_PROCESSOR = { signature: 0x0006_0fb1, features: 0x078b_fbfd } as const;

/** The tables that are older than ACPI: interrupt routing, multiprocessor, SMBIOS. */
export function* installPlatformTables(context: BootContext): Steps {
  const { fwCfg, maxCpus } = context;
  const isTold = maxCpus <= MOST_TOLD_PROCESSORS;
  if (isTold) install(context, pirTable);
  const interrupts = pciInterrupts(context);
  const timerOverride = view(fwCfg.readItem(ITEM.irq0Override, 4)).readUInt32LE(0) !== 0;
  yield undefined;
  const smbios = readSmbios(context);
  // SeaBIOS asks its processor; this guest has none, so it reads what SMBIOS says about it.
  const processors = describeProcessors(context, smbios?.tables);
  const facts = { processors, interrupts, timerOverride };
  if (isTold && mpTable(0, facts).length <= MAX_MP_TABLE) install(context, (address) => mpTable(address, facts));
  yield undefined;
  if (smbios !== undefined) installSmbios(context, smbios);
}

/** Puts a table where the system looks for it, if there is room. */
function install({ platform, zones }: BootContext, table: (address: number) => Uint8Array): void {
  const address = zones.fSegment.allocate(table(0).length);
  if (address !== undefined) platform.write(address, table(address));
}

/** One entry per pin of a device on the first bus; functions that share a pin share the entry. */
function pciInterrupts({ config, functions }: BootContext): PciInterrupt[] {
  const found = new Map<number, PciInterrupt>();
  for (const { at } of functions) {
    if (busOf(at) !== 0) break;
    const pin = config.read(at, REG.interruptPin, 1);
    const line = config.read(at, REG.interruptLine, 1);
    if (pin < 1 || pin > 4) continue;
    const device = deviceOf(at);
    const key = (device << 2) | (pin - 1);
    if (!found.has(key)) found.set(key, { device, pin, line });
  }
  return [...found.values()];
}

/** One entry per socket, with the APIC id of its first thread. */
function describeProcessors({ maxCpus, presentCpus }: BootContext, tables: Uint8Array | undefined): ProcessorFacts[] {
  const sockets = tables === undefined ? [] : processorIds(tables).slice(0, maxCpus);
  if (sockets.length === 0) return [{ apicId: 0, isPresent: true, ...DEFAULT_PROCESSOR }];
  const threads = Math.ceil(maxCpus / sockets.length);
  const stride = 2 ** Math.ceil(Math.log2(threads));
  return sockets.map((id, socket) => ({ apicId: socket * stride, isPresent: socket * threads < presentCpus, ...id }));
}

interface Smbios {
  readonly anchor: Uint8Array;
  readonly tables: Uint8Array;
}

/** Bounded: tables beyond 64 KiB do not fit a 32-bit entry point. */
function readSmbios({ fwCfg, log }: BootContext): Smbios | undefined {
  const [anchorFile, tablesFile] = [fwCfg.file(ANCHOR), fwCfg.file(TABLES)];
  if (anchorFile === undefined || tablesFile === undefined) return undefined;
  const anchor = fwCfg.readFile(anchorFile, 0x100);
  if (entryPointKind(anchor) === undefined || tablesFile.size > 0xffff) {
    log.debug("SMBIOS: no entry point that the firmware knows");
    return undefined;
  }
  return { anchor, tables: fwCfg.readFile(tablesFile, tablesFile.size) };
}

function installSmbios({ platform, zones, log }: BootContext, { anchor, tables }: Smbios): void {
  const { tables: all, added } = withBiosInformation(tables);
  const zone = all.length > MAX_LOW_SMBIOS ? zones.high : zones.fSegment;
  const address = zone.allocate(all.length);
  const anchorAddress = zones.fSegment.allocate(anchor.length);
  if (address === undefined || anchorAddress === undefined) {
    log.debug("SMBIOS: no room for the tables");
    return;
  }
  platform.write(address, all);
  platform.write(anchorAddress, entryPoint(anchor, address, added));
}
