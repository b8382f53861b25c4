import {
  asBackplaneError,
  CLOCK,
  COMMANDS,
  definePlugin,
  EVENTS,
  LIFECYCLE,
  MACHINE_CONTROL,
  originBelow,
  q,
} from "backplane";
import { CHARDEVS, ownBackend } from "backplane/plugins/chardev/contract";
import { QMP } from "./contract.ts";
import { qmpErrors } from "./errors.ts";
import { Monitors } from "./monitors.ts";
import { qmpOptions } from "./options.ts";
import { introspect } from "./introspection.ts";
import { SCHEMA_INFO } from "./introspection-schema.ts";
import { capabilitiesArguments } from "./session.ts";
import { hostTimer, type After } from "./throttle.ts";

export default definePlugin({
  id: "qmp",
  apiVersion: 1,
  summary: "The QEMU Machine Protocol: monitors on standard input and output, UNIX and TCP sockets",
  requires: [CHARDEVS],
  provides: [QMP],
  options: qmpOptions,
  attach(machine, { monitors: definitions }) {
    const chardevs = machine.use(CHARDEVS);
    const commands = machine.use(COMMANDS);
    const events = machine.use(EVENTS);
    const clock = machine.use(CLOCK);
    // Where a test moves the clock, rate limits can be tested.
    const virtualTimer: After = (milliseconds, callback) => clock.after(milliseconds * 1e6, callback);
    const monitors = machine.own(
      new Monitors({
        commands,
        events,
        chardevs,
        control: machine.use(MACHINE_CONTROL),
        lifecycle: machine.use(LIFECYCLE),
        log: machine.log,
        after: clock.source === "client" ? virtualTimer : hostTimer,
      }),
    );
    machine.provideValue(QMP, monitors);
    machine.own(events.listen((event) => monitors.broadcast(event)));
    machine.own(
      commands.add({
        name: "query-qmp-schema",
        summary: "All commands and events, and the types of what they take and tell",
        arguments: q.none,
        result: SCHEMA_INFO,
        preconfig: true,
        run: () => introspect(commands.all(), events.declared()),
      }),
    );
    machine.own(
      commands.add({
        name: "qmp_capabilities",
        summary: "Enables the capabilities that a client wants",
        arguments: capabilitiesArguments,
        result: q.none,
        preconfig: true,
        run() {
          // A session that has not negotiated yet takes the command itself.
          throw qmpErrors.QMP_NEGOTIATED();
        },
      }),
    );
    for (const [index, definition] of definitions.entries()) {
      const origin = definition.origin ?? originBelow(machine.definition.options["qmp"]?.origin, ["monitors", index]);
      try {
        const own = ownBackend(definition);
        const id = "chardev" in definition ? definition.chardev : `compat_monitor${index}`;
        if (own !== undefined) chardevs.create({ id, ...own, origin });
        monitors.add(id, { pretty: definition.pretty ?? false });
      } catch (failure) {
        throw asBackplaneError(failure).from(origin);
      }
    }
  },
});
