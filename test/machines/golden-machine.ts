import {
  BLOCK_ACCESS,
  COMMANDS,
  formatRAMBlockTable,
  guestAddress,
  Machine,
  RAM_LIST,
  SYSTEM_MEMORY,
  type LogRecord,
  type MachineDefinition,
} from "backplane";
import { readArguments } from "../../cli/qemu/arguments.ts";
import { defaultDevices, withDefaults } from "../../cli/qemu/default-devices.ts";
import { toDefinition } from "../../cli/qemu/definition.ts";
import { Draft } from "../../cli/qemu/draft.ts";
import { Messages } from "../../cli/qemu/messages.ts";
import { pluginOptions } from "../../cli/qemu/plugin-options.ts";
import { machineTypes } from "../../machines/index.ts";
import { FW_CFG, type FwCfg } from "../../plugins/fw-cfg/contract.ts";
import { type AcpiGolden, type BlobName, type Json, maskHostAddresses } from "../peer/golden.ts";
import { Workspace } from "../peer/workspace.ts";

/** What the executable makes of a command line. */
export function definitionOf(args: readonly string[]): MachineDefinition {
  const ignore = (): void => undefined;
  const draft = new Draft(new Messages("qemu", ignore), ignore, pluginOptions(machineTypes));
  readArguments(draft, ["-S", ...args]);
  const { definition, type } = toDefinition(draft, machineTypes);
  return withDefaults(definition, defaultDevices(draft, type));
}

/** What the goldens show of a machine. */
export class GoldenMachine {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];

  constructor(machine: Machine, log: readonly LogRecord[]) {
    this.machine = machine;
    this.log = log;
  }

  get fwCfg(): FwCfg {
    return this.machine.service(FW_CFG);
  }

  ramBlocks(): string {
    return maskHostAddresses(formatRAMBlockTable(this.machine.service(RAM_LIST).blocks()));
  }

  blob(name: BlobName): Uint8Array | undefined {
    const block = this.machine.service(RAM_LIST).byIdstr(`/rom@${name}`);
    if (block === undefined) return undefined;
    const bytes = new Uint8Array(block.usedLength);
    this.machine.service(BLOCK_ACCESS).read(block, 0, bytes);
    return bytes;
  }

  async queryPci(): Promise<Json> {
    const command = this.machine.service(COMMANDS).find("query-pci");
    if (command === undefined) throw new Error("there is no query-pci");
    return (await command.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) })) as Json;
  }

  readGuest(address: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.machine.service(SYSTEM_MEMORY).read(guestAddress(address), bytes);
    return bytes;
  }

  /** What a guest does that looks at one file. */
  select(name: string): void {
    const file = this.fwCfg.file(name);
    if (file === undefined) throw new Error(`there is no fw_cfg file ${name}`);
    this.fwCfg.select(file.key);
  }

  async boot(): Promise<void> {
    this.machine.cont();
    await this.machine.idle();
    this.machine.stop();
  }
}

/** Builds a golden's machine, gives it to the test, and releases it. */
export async function withGoldenMachine<T>(
  golden: AcpiGolden,
  test: (machine: GoldenMachine) => T | Promise<T>,
): Promise<T> {
  const workspace = new Workspace(golden.files);
  try {
    const definition = definitionOf(workspace.expand(golden.args));
    const log: LogRecord[] = [];
    const machine = await Machine.create(definition, { types: machineTypes, log: (record) => log.push(record) });
    try {
      return await test(new GoldenMachine(machine, log));
    } finally {
      await machine.dispose();
    }
  } finally {
    workspace.remove();
  }
}
