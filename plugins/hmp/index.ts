import {
  asBackplaneError,
  COMMANDS,
  definePlugin,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  MEMORY_REGIONS,
  originBelow,
  SYSTEM_IO,
  SYSTEM_MEMORY,
} from "backplane";
import { CHARDEVS, ownBackend } from "backplane/plugins/chardev/contract";
import { INPUT } from "backplane/plugins/input/contract";
import { NETWORK } from "backplane/plugins/net/contract";
import { builtInCommands } from "./builtin.ts";
import { HUMAN_COMMANDS } from "./contract.ts";
import { humanMonitorCommand } from "./human-monitor-command.ts";
import { HumanMonitor } from "./human-monitor.ts";
import { hmpOptions } from "./options.ts";
import { HumanCommandTable } from "./table.ts";

export default definePlugin({
  id: "hmp",
  apiVersion: 1,
  summary: "The human monitor: on character devices with line editing, and through human-monitor-command",
  requires: [CHARDEVS],
  uses: [INPUT, NETWORK],
  provides: [HUMAN_COMMANDS],
  options: hmpOptions,
  attach(machine, { monitors: definitions }) {
    const commands = machine.use(COMMANDS);
    const lifecycle = machine.use(LIFECYCLE);
    const table = new HumanCommandTable({
      commands,
      log: machine.log,
      isReady: () => lifecycle.reached === "done",
      // No processor's registers are known: the firmware is a script.
      registers: () => () => undefined,
    });
    machine.provideValue(HUMAN_COMMANDS, table);
    machine.own(humanMonitorCommand(commands, table));
    const chardevs = machine.use(CHARDEVS);
    const services = {
      chardevs,
      input: machine.optional(INPUT),
      network: machine.optional(NETWORK),
      isPc: machine.use(MACHINE).type.defaultCpuType !== undefined,
      regions: machine.use(MEMORY_REGIONS),
      memory: machine.use(SYSTEM_MEMORY),
      io: machine.use(SYSTEM_IO),
    };
    for (const command of builtInCommands(table, services)) machine.own(table.add(command));
    const control = machine.use(MACHINE_CONTROL);
    for (const [index, definition] of definitions.entries()) {
      const origin = definition.origin ?? originBelow(machine.definition.options["hmp"]?.origin, ["monitors", index]);
      try {
        const own = ownBackend(definition);
        const id = "chardev" in definition ? definition.chardev : `human_monitor${index}`;
        if (own !== undefined) chardevs.create({ id, ...own, origin });
        const monitor = machine.own(new HumanMonitor({ table, isLeaving: () => control.leaving !== undefined }));
        machine.own(chardevs.get(id).attach(monitor));
      } catch (failure) {
        throw asBackplaneError(failure).from(origin);
      }
    }
  },
});
