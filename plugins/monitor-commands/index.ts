import {
  ACTIONS,
  COMMANDS,
  definePlugin,
  DEVICES,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  POWER,
  QOM,
  RAM_LIST,
  RUN_STATES,
  SYSTEM_MEMORY,
  USER_OBJECTS,
  type Command,
  type ObjectSchema,
} from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { MEMORY_BACKENDS } from "backplane/plugins/memory-backend/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { MEMORY_DEVICES } from "backplane/plugins/pc-dimm/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { NUMA } from "backplane/plugins/numa/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { absentHardware } from "./absent.ts";
import { rxFilterCommand } from "./rx-filter.ts";
import { NETWORK } from "backplane/plugins/net/contract";
import { absentTexts } from "./absent-text.ts";
import { hotPlug } from "./hot-plug.ts";
import { humanHotPlug } from "./human-hot-plug.ts";
import { identity } from "./identity.ts";
import { memory } from "./memory.ts";
import { memorySave } from "./memory-save.ts";
import { preconfig } from "./preconfig.ts";
import { processors } from "./processors.ts";
import { guestActions, runControl } from "./run-control.ts";
import { statistics } from "./statistics.ts";

export default definePlugin({
  id: "monitor-commands",
  apiVersion: 1,
  summary: "Monitor commands for the machine as a whole: run control, identity, memory, hot-plug",
  uses: [PCI, MEMORY_BACKENDS, MEMORY_DEVICES, MIGRATION, CPUS, NUMA, HUMAN_COMMANDS, NETWORK],
  attach(machine) {
    const commands = machine.use(COMMANDS);
    const add = <A extends ObjectSchema>(command: Command<A>): void => {
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
    runControl(add, control, states, machine.use(POWER));
    statistics(add);
    guestActions(add, machine.use(ACTIONS));
    preconfig(add, control);
    identity(add, machine.definition, machine.use(MACHINE), commands);
    memory(add, memoryServices);
    memorySave(
      add,
      machine.use(SYSTEM_MEMORY),
      (index) => machine.optional(CPUS)?.possible.some((cpu) => cpu.index === index && cpu.present) === true,
      () => control.leaving !== undefined,
    );
    const plugging = {
      devices: machine.use(DEVICES),
      objects: machine.use(USER_OBJECTS),
      qom: machine.use(QOM),
      migration: machine.optional(MIGRATION),
      pci: machine.optional(PCI),
    };
    hotPlug(add, plugging);
    const human = machine.optional(HUMAN_COMMANDS);
    if (human !== undefined) for (const command of humanHotPlug(human, plugging)) machine.own(command);
    // By then all plugins have registered what they have.
    machine.own(
      machine.use(LIFECYCLE).on("objects", () => {
        for (const command of [...absentHardware, rxFilterCommand(machine.optional(NETWORK)), ...absentTexts])
          if (commands.find(command.name) === undefined) add(command);
      }),
    );
    const cpus = machine.optional(CPUS);
    const numa = machine.optional(NUMA);
    if (cpus !== undefined) processors(add, cpus, numa);
  },
});
