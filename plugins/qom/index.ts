import { BUSES, COMMANDS, definePlugin, DEVICES, MACHINE, QOM } from "backplane";
import { CHARDEVS } from "backplane/plugins/chardev/contract";
import { BOOT_ORDER } from "backplane/plugins/fw-cfg/contract";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { BASE_TYPES } from "./base-types.ts";
import { showChardevs } from "./chardevs.ts";
import { commands } from "./commands.ts";
import { humanCommands } from "./human.ts";
import { showMachine } from "./machine.ts";

export default definePlugin({
  id: "qom",
  apiVersion: 1,
  summary: "The object tree in monitors: qom-list and its kin, info qtree, info qom-tree",
  uses: [HUMAN_COMMANDS, CPUS, BOOT_ORDER, CHARDEVS],
  attach(machine) {
    const qom = machine.use(QOM);
    machine.own(qom.types.add(BASE_TYPES));
    const info = machine.use(MACHINE);
    const shown = showMachine(qom.resolve("/machine"), {
      definition: machine.definition,
      info,
      cpus: machine.optional(CPUS),
      boot: machine.optional(BOOT_ORDER),
      ram: () => qom.find(`/objects/${info.type.defaultRamId ?? ""}`),
    });
    for (const property of shown) machine.own(property);
    const chardevs = machine.optional(CHARDEVS);
    if (chardevs !== undefined) machine.own(showChardevs(qom.resolve("/chardevs"), chardevs));
    const registry = machine.use(COMMANDS);
    commands((command) => void machine.own(registry.add(command)), qom, machine.use(DEVICES));
    const human = machine.optional(HUMAN_COMMANDS);
    if (human === undefined) return;
    for (const command of humanCommands(human, qom, machine.use(BUSES))) machine.own(command);
  },
});
