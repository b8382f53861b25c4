import {
  COMMANDS,
  definePlugin,
  DEVICES,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  RAM_LIST,
  RUN_STATES,
  USER_OBJECTS,
  type Command,
  type StructSchema,
} from "backplane";
import { MEMORY_BACKENDS } from "backplane/plugins/memory-backend/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { MEMORY_DEVICES } from "backplane/plugins/pc-dimm/contract";
import { NUMA } from "backplane/plugins/numa/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { absentHardware, noThreads } from "./absent.ts";
import { HUMAN_COMMANDS } from "./contract.ts";
import { hotPlug } from "./hot-plug.ts";
import { builtInHumanCommands, human, HumanCommandTable } from "./human.ts";
import { identity } from "./identity.ts";
import { memory } from "./memory.ts";
import { processors } from "./processors.ts";
import { runControl } from "./run-control.ts";

export default definePlugin({
  id: "monitor-commands",
  apiVersion: 1,
  summary: "Monitor commands for the machine as a whole: run control, identity, memory, hot-plug",
  uses: [MEMORY_BACKENDS, MEMORY_DEVICES, MIGRATION, CPUS, NUMA],
  provides: [HUMAN_COMMANDS],
  attach(machine) {
    const commands = machine.use(COMMANDS);
    const add = <A extends StructSchema>(command: Command<A>): void => {
      machine.own(commands.add(command));
    };
    const control = machine.use(MACHINE_CONTROL);
    const states = machine.use(RUN_STATES);
    const memoryServices = {
      definition: machine.definition,
      machine: machine.use(MACHINE),
      ramList: machine.use(RAM_LIST),
      backends: machine.optional(MEMORY_BACKENDS),
      devices: machine.optional(MEMORY_DEVICES),
    };
    runControl(add, control, states);
    identity(add, machine.definition, machine.use(MACHINE), commands);
    memory(add, memoryServices);
    add(noThreads);
    hotPlug(add, machine.use(DEVICES), machine.use(USER_OBJECTS), machine.optional(MIGRATION));
    machine.own(
      machine.use(LIFECYCLE).on("done", () => {
        if (commands.find("query-pci") === undefined) for (const command of absentHardware) add(command);
      }),
    );
    const table = new HumanCommandTable();
    machine.provideValue(HUMAN_COMMANDS, table);
    const cpus = machine.optional(CPUS);
    const numa = machine.optional(NUMA);
    if (cpus !== undefined) processors(add, cpus, numa);
    human(add, table, cpus?.topology.cpus ?? 0);
    for (const command of builtInHumanCommands({ ...memoryServices, control, states })) machine.own(table.add(command));
  },
});
