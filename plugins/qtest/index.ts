import { CLOCK, definePlugin, DEVICES, disposable, QOM, SYSTEM_IO, SYSTEM_MEMORY } from "backplane";
import { CHARDEVS } from "backplane/plugins/chardev/contract";
import { INVALID } from "./answers.ts";
import { clockVerbs } from "./clock-verbs.ts";
import { QTEST, QTEST_LOG } from "./contract.ts";
import { findPins } from "./find-pins.ts";
import { IrqLevels } from "./irq-levels.ts";
import { irqVerbs } from "./irq-verbs.ts";
import { ConversationLog } from "./log.ts";
import { accessVerbs, bulkVerbs } from "./memory-verbs.ts";
import { qtestOptions } from "./options.ts";
import { Session } from "./session.ts";

export default definePlugin({
  id: "qtest",
  apiVersion: 1,
  summary: "The test protocol: a client reads and writes registers and memory, watches interrupts and moves the clock",
  requires: [CHARDEVS],
  uses: [QTEST_LOG],
  provides: [QTEST],
  options: qtestOptions,
  attach(machine, { chardev, log: path }) {
    const log = chardev === undefined ? undefined : ConversationLog.open(path, machine.optional(QTEST_LOG));
    if (log !== undefined) machine.own(log);
    const levels = new IrqLevels((text) => session.send(text));
    const session = new Session(log, machine.log, () => levels.clear());
    machine.provideValue(QTEST, session);
    if (chardev === undefined) return;
    const qom = machine.use(QOM);
    machine.own(qom.types.add([{ name: "qtest", parent: "object" }]));
    const shown = qom.find("/machine")?.addChild("qtest", "qtest", [
      { name: "chardev", type: "string", get: () => chardev },
      { name: "log", type: "string", get: () => path ?? "" },
    ]);
    if (shown !== undefined) machine.own(shown);
    const memory = machine.use(SYSTEM_MEMORY);
    const devices = machine.use(DEVICES);
    session.addAll(accessVerbs(machine.use(SYSTEM_IO), memory));
    session.addAll(bulkVerbs(memory));
    session.addAll(clockVerbs(machine.use(CLOCK)));
    session.addAll(
      irqVerbs(
        (name) => findPins(qom, devices, name),
        (pin, level) => levels.changed(pin, level),
      ),
    );
    session.add("endianness", () => "OK little");
    // Everything is there from the start; so says a peer that was built without modules.
    session.add("module_load", (words) => (words.text() === undefined || words.text() === undefined ? INVALID : "OK"));
    machine.own(machine.use(CHARDEVS).get(chardev).attach(session));
    machine.own(disposable(() => session.dispose()));
  },
});
