import { COMMANDS, definePlugin, LIFECYCLE, MACHINE_CONTROL, originBelow } from "backplane";
import { CharDevices } from "./chardevs.ts";
import { chardevCommands } from "./commands.ts";
import { CHARDEVS, HOST_STDIO } from "./contract.ts";
import { chardevOptions } from "./options.ts";

export default definePlugin({
  id: "chardev",
  apiVersion: 1,
  summary: "Character devices: standard input and output, sockets, files, pipes, ring buffers, several users on one",
  uses: [HOST_STDIO],
  provides: [CHARDEVS],
  options: chardevOptions,
  attach(machine, { devices }) {
    const stdio = machine.optional(HOST_STDIO);
    const control = machine.use(MACHINE_CONTROL);
    const chardevs = machine.own(
      new CharDevices({
        // Touching the process's streams opens them, so it waits until somebody wants them.
        stdio: () => stdio ?? { input: process.stdin, output: process.stdout },
        log: machine.log,
        announce(text) {
          if (stdio === undefined) machine.log.info(text);
          else stdio.output.write(`${text}\n`);
        },
        quit: () => control.quit("host-qmp-quit"),
      }),
    );
    const key = machine.definition.options["chardev"]?.origin;
    for (const [index, definition] of devices.entries()) {
      chardevs.create({ ...definition, origin: definition.origin ?? originBelow(key, ["devices", index]) });
    }
    machine.provideValue(CHARDEVS, chardevs);
    const lifecycle = machine.use(LIFECYCLE);
    machine.own(
      lifecycle.onStart(async () => {
        await chardevs.open();
        // In the pause before the board is built monitors answer.
        if (machine.definition.preconfig === true || lifecycle.reached === "done") chardevs.release();
      }),
    );
    machine.own(lifecycle.on("done", () => chardevs.release()));
    const commands = machine.use(COMMANDS);
    chardevCommands(chardevs, (command) => void machine.own(commands.add(command)));
  },
});
