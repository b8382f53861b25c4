import type { AddressSpace, Logger } from "backplane";
import type { IommuConfiguration } from "./configuration.ts";
import { FaultLog, type SendMessage } from "./faults.ts";
import { FirstLevel } from "./first-level.ts";
import { GuestTables } from "./guest-tables.ts";
import { Iotlb } from "./iotlb.ts";
import { PasidTables } from "./pasid-tables.ts";
import { RegisterFile } from "./register-file.ts";
import { RootTable } from "./root-context.ts";
import { SecondLevel } from "./second-level.ts";

/** What the parts of a remapping unit have in common. */
export class RemappingUnit {
  readonly configuration: IommuConfiguration;
  /** Where translated requests go, and where the tables are. */
  readonly memory: AddressSpace;
  readonly registers: RegisterFile;
  readonly faults: FaultLog;
  readonly tables: GuestTables;
  readonly root: RootTable;
  readonly pasids: PasidTables;
  readonly firstLevel: FirstLevel;
  readonly secondLevel: SecondLevel;
  readonly iotlb = new Iotlb();
  /** The guest has turned translation on. */
  isTranslating = false;
  /** Context entries that were cached in another one are stale. 0 is nobody's. */
  #generation = 1;

  constructor(configuration: IommuConfiguration, memory: AddressSpace, send: SendMessage, log: Logger) {
    this.configuration = configuration;
    this.memory = memory;
    this.registers = new RegisterFile(configuration);
    this.faults = new FaultLog(this.registers, send, log);
    this.tables = new GuestTables(memory);
    this.root = new RootTable(this.tables, configuration);
    this.pasids = new PasidTables(this.tables, this.root, configuration);
    this.firstLevel = new FirstLevel(this.tables, configuration);
    this.secondLevel = new SecondLevel(this.tables, configuration);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Every context entry that is cached becomes stale. */
  forgetContexts(): void {
    this.#generation++;
  }

  forgetAll(): void {
    this.iotlb.clear();
    this.forgetContexts();
  }
}
