import type { Logger } from "backplane";
import { LOADER_FILE } from "backplane/plugins/acpi/contract";
import type { FirmwareStage } from "./contract.ts";
import type { FwCfgClient } from "./fw-cfg-client.ts";
import { MemoryMap } from "./memory-map.ts";
import { CHIPSET_PORTS, type ChipsetPorts } from "./pci/chipset.ts";
import { PciConfig, type Bdf } from "./pci/config-access.ts";
import type { PciFunction } from "./pci/functions.ts";
import type { Platform } from "./platform.ts";
import { zones, type Zones } from "./zones.ts";

/** How the firmware tells what it does. */
export interface Reporter {
  stageReached(stage: FirmwareStage): void;
  rejected(command: string, reason: string): void;
  acpi(installed: boolean, rsdp: number | undefined, reason?: string): void;
}

/** What one boot knows. Made anew by every reset. */
export class BootContext {
  readonly platform: Platform;
  readonly config: PciConfig;
  readonly fwCfg: FwCfgClient;
  readonly reporter: Reporter;
  readonly log: Logger;
  readonly memory = new MemoryMap();
  /** Everything that was found, bus by bus; complete after the PCI stage. */
  functions: readonly PciFunction[] = [];
  /** Possible processors. */
  maxCpus = 1;
  presentCpus = 1;
  /** Functions that the firmware drives itself. */
  readonly driven = new Set<Bdf>();
  /** Where the next option ROM goes; undefined before the first. */
  optionRomEnd: number | undefined;
  #zones: Zones | undefined;

  constructor(platform: Platform, fwCfg: FwCfgClient, reporter: Reporter, log: Logger) {
    this.platform = platform;
    this.config = new PciConfig(platform);
    this.fwCfg = fwCfg;
    this.reporter = reporter;
    this.log = log;
  }

  get ports(): ChipsetPorts {
    return this.fwCfg.file(LOADER_FILE) === undefined ? CHIPSET_PORTS.withoutAcpi : CHIPSET_PORTS.withAcpi;
  }

  /** Laid out when first asked for, after the memory map was read. */
  get zones(): Zones {
    this.#zones ??= zones(this.memory.lowRamEnd);
    return this.#zones;
  }
}
