import { asBackplaneError, COMMANDS, definePlugin, originBelow } from "backplane";
import { addFdOption } from "./command-line.ts";
import { fdCommands } from "./commands.ts";
import { FDSETS } from "./contract.ts";
import { FdsetTable } from "./fdsets.ts";
import { fdsetOptions, type FdsetOptions } from "./options.ts";

export default definePlugin<FdsetOptions>({
  id: "fdset",
  apiVersion: 1,
  summary: "Sets of file descriptors that the process was started with",
  provides: [FDSETS],
  options: fdsetOptions,
  commandLine: [addFdOption],
  attach(machine, { fds }) {
    const table = machine.own(new FdsetTable());
    machine.provideValue(FDSETS, table);
    for (const [index, { fd, set, opaque, commandLine }] of fds.entries()) {
      try {
        table.add(fd, set, opaque);
      } catch (failure) {
        const origin =
          commandLine === undefined
            ? originBelow(machine.definition.options["fdset"]?.origin, ["fds", index])
            : ({ kind: "command-line", text: commandLine } as const);
        throw asBackplaneError(failure).from(origin);
      }
    }
    const commands = machine.use(COMMANDS);
    for (const command of fdCommands(table)) machine.own(commands.add(command));
  },
});
