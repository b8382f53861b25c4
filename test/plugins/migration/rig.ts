import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  asBackplaneError,
  checkArguments,
  COMMANDS,
  EVENTS,
  MiB,
  writeJson,
  type AnyPlugin,
  type JsonObject,
  type LogRecord,
  type Machine,
  type MonitorClient,
} from "backplane";
import { emptyMachineType, withMachine } from "backplane/kit";
import { MIGRATION, type MigrationStatus } from "backplane/plugins/migration/contract";
import mainRam from "../../../plugins/main-ram/index.ts";
import migration from "../../../plugins/migration/index.ts";
import ram from "../../../plugins/migration/ram/index.ts";

const CLIENT: MonitorClient = { id: "test", onClose: () => ({ dispose: () => undefined }) };

/** A machine that migrates, driven by its monitor's commands. */
export class Rig {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];
  /** A folder that is gone after the test. */
  readonly folder: string;
  readonly events: string[] = [];

  constructor(machine: Machine, log: readonly LogRecord[], folder: string) {
    this.machine = machine;
    this.log = log;
    this.folder = folder;
    machine.service(EVENTS).listen(({ name, data }) => {
      const status = data?.["status"] ?? data?.["pass"];
      this.events.push(typeof status === "string" || typeof status === "number" ? `${name} ${status}` : name);
    });
  }

  get status(): MigrationStatus {
    return this.machine.service(MIGRATION).status;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Runs a command as a monitor does; throws what the reply would say. */
  async run(name: string, args: JsonObject = {}): Promise<JsonObject> {
    const command = this.machine.service(COMMANDS).find(name);
    if (command === undefined) throw new Error(`no command ${name}`);
    const reply = await command.run(checkArguments(command.arguments, args), CLIENT);
    return (reply ?? {}) as JsonObject;
  }

  /** The error's text, or the reply. */
  async answer(name: string, args: JsonObject = {}): Promise<string> {
    try {
      return writeJson(await this.run(name, args));
    } catch (failure) {
      return asBackplaneError(failure).message;
    }
  }

  async query(): Promise<JsonObject & { readonly ram: { readonly [key: string]: number } }> {
    return (await this.run("query-migrate")) as JsonObject & { readonly ram: { readonly [key: string]: number } };
  }

  switchOn(...capabilities: string[]): Promise<JsonObject> {
    return this.run("migrate-set-capabilities", {
      capabilities: capabilities.map((capability) => ({ capability, state: true })),
    });
  }

  /** Migrates to a URI and resolves with the state in which that ends. */
  async migrate(uri: string): Promise<MigrationStatus> {
    await this.run("migrate", { uri });
    return this.settled();
  }

  settled(): Promise<MigrationStatus> {
    return this.machine.service(MIGRATION).settled();
  }

  /** Resolves when the migration is in a state (now or later). */
  until(status: MigrationStatus): Promise<void> {
    if (this.status === status) return Promise.resolve();
    return new Promise((resolve) => {
      const watch = this.machine.service(MIGRATION).onChange(({ to }) => {
        if (to !== status) return;
        void watch.dispose();
        resolve();
      });
    });
  }

  /** Resolves when something holds; looked at between turns of the event loop. */
  async when(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export interface RigOptions {
  /** MiB of main memory; default 64. */
  readonly memory?: number;
  readonly options?: { readonly [plugin: string]: object };
  readonly with?: readonly AnyPlugin[];
}

/** Runs a test with a machine of main memory and migration, and releases it. */
export async function withRig<T>(options: RigOptions, test: (rig: Rig) => T | Promise<T>): Promise<T> {
  const { memory = 64, options: values = {}, with: plugins = [] } = options;
  const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-test-"));
  const size = memory * MiB;
  try {
    return await withMachine(
      {
        type: { ...emptyMachineType, name: "none" },
        with: [mainRam, migration, ram, ...plugins],
        memory: { size, slots: 0, maxSize: size },
        options: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
      },
      (machine, log) => test(new Rig(machine, log, folder)),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
