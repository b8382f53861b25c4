import {
  CLOCK,
  COMMANDS,
  definePlugin,
  DEVICES,
  DEVICE_STATES,
  GUEST,
  guestAddress,
  MEMORY_REGIONS,
  MiB,
  QOM,
  RESETS,
  SYSTEM_MEMORY,
  type QomProperty,
} from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { INTERRUPT_CONTROLLERS, LOCAL_APICS, SYSTEM_INTERRUPTS } from "./contract.ts";
import { ControllerRegistry } from "./controllers.ts";
import { GuestInterfaceDevice, guestInterfaceType, IoApicDevice, ioApicType } from "./devices.ts";
import { EXECUTING_AT } from "./guest-interface.ts";
import { InterruptBoard } from "./lines.ts";
import { humanCommands, infoLapic, queryCommands } from "./monitor.ts";
import { LocalApicStates } from "./local-apic-states.ts";
import { ApicBus } from "./processor-bus.ts";
import { apicWindow, LOCAL_APIC_ADDRESS } from "./window.ts";

/** Above everything else: no device can be laid over the range of interrupt messages. */
const MESSAGE_PRIORITY = 0x1000;

/** What a local APIC shows of itself: version 0x14 is an integrated one (Intel SDM volume 3 §11.4.8). */
function localApicProperties(id: number): readonly QomProperty[] {
  return [
    { name: "parent_bus", type: "link<bus>", get: () => "" },
    { name: "realized", type: "bool", get: () => true },
    { name: "hotplugged", type: "bool", get: () => false },
    { name: "hotpluggable", type: "bool", get: () => true },
    { name: "vapic", type: "bool", get: () => true },
    { name: "version", type: "uint8", get: () => 0x14 },
    { name: "legacy-instance-id", type: "bool", get: () => false },
    { name: "id", type: "uint32", get: () => id },
  ];
}

export default definePlugin({
  id: "apic",
  apiVersion: 1,
  summary: "the system's interrupt lines, the I/O APIC and the processors' local APICs",
  requires: [CPUS],
  uses: [GUEST, HUMAN_COMMANDS],
  provides: [SYSTEM_INTERRUPTS, LOCAL_APICS, INTERRUPT_CONTROLLERS, EXECUTING_AT],
  attach(machine) {
    const bus = machine.own(new ApicBus(machine.use(CLOCK)));
    const board = new InterruptBoard();
    machine.provideValue(SYSTEM_INTERRUPTS, board);
    machine.provideValue(LOCAL_APICS, bus);
    const guest = machine.optional(GUEST);
    machine.provideValue(EXECUTING_AT, () => guest?.executingAt);
    const qom = machine.use(QOM);
    const controllers = new ControllerRegistry(qom.root);
    machine.provideValue(INTERRUPT_CONTROLLERS, controllers);
    const devices = machine.use(DEVICES);
    machine.own(devices.register(ioApicType, IoApicDevice));
    machine.own(devices.register(guestInterfaceType, GuestInterfaceDevice));
    const cpus = machine.use(CPUS);
    const states = machine.own(new LocalApicStates(machine.use(DEVICE_STATES)));
    const unattached = qom.find("/machine/unattached");
    for (let line = 0; line < board.count; line++) {
      const object = unattached?.addChild("non-qdev-gpio[*]", "irq");
      if (object !== undefined) qom.nameLine(board.line(line), object);
    }
    const regions = machine.use(MEMORY_REGIONS);
    const memory = machine.use(SYSTEM_MEMORY);
    machine.own(
      cpus.onPlug(({ apicId, path }) => {
        const isFirst = bus.first === undefined;
        const unit = bus.add(apicId);
        // Each has the range of messages; the first one's is what everybody sees.
        const object =
          path === undefined
            ? undefined
            : qom.find(path)?.addChild("lapic", "apic", localApicProperties(apicId), { isDevice: true });
        const window = regions.withOwner(object, () => apicWindow(regions, bus));
        if (isFirst) memory.root.addSubregion(guestAddress(LOCAL_APIC_ADDRESS), window, MESSAGE_PRIORITY);
        // The first brings what all of them share, where there is room for its option ROM.
        const hasRoom = machine.definition.memory.size >= MiB;
        if (isFirst && hasRoom) devices.create({ driver: guestInterfaceType.name, properties: {} }, "machine");
        states.add(apicId, unit);
      }),
    );
    machine.own(
      cpus.onUnplug(({ apicId }) => {
        bus.remove(apicId);
        states.remove(apicId);
      }),
    );
    machine.own(machine.use(RESETS).add(() => bus.reset()));
    for (const command of queryCommands(controllers)) machine.own(machine.use(COMMANDS).add(command));
    const human = machine.optional(HUMAN_COMMANDS);
    if (human === undefined) return;
    for (const command of humanCommands(controllers)) machine.own(human.add(command));
    machine.own(human.add(infoLapic(bus, cpus)));
  },
});
