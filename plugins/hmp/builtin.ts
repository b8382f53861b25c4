import type { AddressSpace, MemoryRegions } from "backplane";
import type { Chardevs } from "backplane/plugins/chardev/contract";
import type { Input } from "backplane/plugins/input/contract";
import type { Network } from "backplane/plugins/net/contract";
import { absentHardware } from "./absent.ts";
import { chardevCommands } from "./chardev-commands.ts";
import type { HumanCommand } from "./contract.ts";
import { help } from "./help.ts";
import { infoMachine } from "./info-machine.ts";
import { infoMemory } from "./info-memory.ts";
import { infoNotifiers } from "./info-notifiers.ts";
import { infoMigration } from "./info-migration.ts";
import { infoPci } from "./info-pci.ts";
import { infoProcessors } from "./info-processors.ts";
import { memoryDump } from "./memory-dump.ts";
import { mouse } from "./mouse.ts";
import { memoryTree } from "./memory-tree.ts";
import { migration } from "./migration.ts";
import { miscellany } from "./misc.ts";
import { OverQmp } from "./over-qmp.ts";
import { portAccess } from "./ports.ts";
import { runControl } from "./run-control.ts";
import type { HumanCommandTable } from "./table.ts";

export interface BuiltInServices {
  readonly chardevs: Chardevs;
  readonly input: Input | undefined;
  readonly network: Network | undefined;
  /** The machine is a PC: it could have what only PCs have. */
  readonly isPc: boolean;
  readonly regions: MemoryRegions;
  readonly memory: AddressSpace;
  readonly io: AddressSpace;
}

/** The commands that need nothing but core and what QMP commands answer. */
export function builtInCommands(table: HumanCommandTable, services: BuiltInServices): HumanCommand[] {
  const { isPc, input, network, chardevs, regions, memory, io } = services;
  const over = new OverQmp(table);
  return [
    ...help(table),
    ...runControl(over),
    ...infoMachine(over),
    ...infoMemory(over),
    ...infoNotifiers(over),
    memoryTree(regions),
    ...infoProcessors(over),
    ...infoPci(over),
    ...infoMigration(over),
    ...migration(over, table),
    ...chardevCommands(over, table, chardevs),
    ...memoryDump(memory, () => over.processors().length > 0),
    ...miscellany(over, memory),
    ...mouse(table, input),
    ...absentHardware(over, table, isPc, network),
    ...portAccess(io),
  ];
}
