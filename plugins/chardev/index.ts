import { COMMANDS, definePlugin, LIFECYCLE, originBelow, q } from "backplane";
import { CharDevices } from "./chardevs.ts";
import { CHARDEVS, HOST_STDIO } from "./contract.ts";
import { chardevOptions } from "./options.ts";

export default definePlugin({
  id: "chardev",
  apiVersion: 1,
  summary: "Character devices: standard input and output, UNIX and TCP sockets, files",
  uses: [HOST_STDIO],
  provides: [CHARDEVS],
  options: chardevOptions,
  attach(machine, { devices }) {
    const stdio = machine.optional(HOST_STDIO);
    // Touching the process's streams opens them, so it waits until somebody wants them.
    const chardevs = machine.own(
      new CharDevices(() => stdio ?? { input: process.stdin, output: process.stdout }, machine.log),
    );
    const key = machine.definition.options["chardev"]?.origin;
    for (const [index, definition] of devices.entries()) {
      chardevs.create({ ...definition, origin: definition.origin ?? originBelow(key, ["devices", index]) });
    }
    machine.provideValue(CHARDEVS, chardevs);
    machine.own(machine.use(LIFECYCLE).onStart(() => chardevs.open()));
    machine.own(
      machine.use(COMMANDS).add({
        name: "query-chardev",
        summary: "The character devices and what they are connected to",
        arguments: q.none,
        preconfig: true,
        run: () =>
          chardevs
            .all()
            .map(({ id, filename, hasFrontend }) => ({ label: id, filename, "frontend-open": hasFrontend })),
      }),
    );
  },
});
