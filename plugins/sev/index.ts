import {
  ACTIONS,
  COMMANDS,
  definePlugin,
  EVENTS,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  QOM,
  RAM_BLOCK_NOTIFIERS,
  RAM_DISCARD,
  RUN_STATES,
  SYSTEM_MEMORY,
  USER_OBJECTS,
} from "backplane";
import { HUMAN_COMMANDS } from "backplane/plugins/hmp/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { addSevCommands } from "./commands.ts";
import { SevGuestObject, SnpGuestObject } from "./confidential-object.ts";
import { ConfidentialSupport } from "./confidential-support.ts";
import { KVM, KVM_HOSTS, MEASURED_FIRMWARE, type KvmHosts } from "./contract.ts";
import { ConfidentialGuest } from "./guest.ts";
import { infoSev } from "./human-command.ts";
import { SEV_QOM_TYPES, sevGuestType, snpGuestType } from "./object-types.ts";
import { sevOptions } from "./options.ts";
import { sevPositions } from "./positions.ts";

export default definePlugin({
  id: "sev",
  apiVersion: 1,
  summary: "guests whose memory is encrypted (AMD SEV, SEV-ES, SEV-SNP): pinned memory, launch, measurement, secrets",
  uses: [HUMAN_COMMANDS, MIGRATION, CPUS, KVM_HOSTS],
  provides: [KVM, MEASURED_FIRMWARE],
  hears: [sevPositions],
  options: sevOptions,
  attach(machine, { host, firmware, faults }) {
    const objects = machine.use(USER_OBJECTS);
    const qom = machine.use(QOM);
    const lifecycle = machine.use(LIFECYCLE);
    const memory = machine.use(SYSTEM_MEMORY);
    const addresses = machine.use(HOST_ADDRESS_SPACE);
    const resources = machine.use(HOST_RESOURCES);
    const { properties } = machine.use(MACHINE);
    machine.own(qom.types.add(SEV_QOM_TYPES));
    machine.own(objects.register(sevGuestType, SevGuestObject));
    machine.own(objects.register(snpGuestType, SnpGuestObject));

    const model: KvmHosts = {
      async open() {
        const { ModelKvmHost } = await import("./late/model-kvm-host.ts");
        return new ModelKvmHost({ options: host ?? {}, faults, addresses, resources });
      },
    };
    const hosts = machine.optional(KVM_HOSTS) ?? (host === undefined ? undefined : model);
    machine.provideValue(KVM, { isThere: hosts !== undefined });
    const support = new ConfidentialSupport(objects);
    const guest = new ConfidentialGuest({
      support,
      hosts,
      notifiers: machine.use(RAM_BLOCK_NOTIFIERS),
      mappings: machine.use(HOST_MAPPING_NOTIFIERS),
      discard: machine.use(RAM_DISCARD),
      addresses,
      memory,
      control: machine.use(MACHINE_CONTROL),
      actions: machine.use(ACTIONS),
      events: machine.use(EVENTS),
      migration: machine.optional(MIGRATION),
      cpus: machine.optional(CPUS),
      machine: () => qom.resolve("/machine"),
      isComplete: () => lifecycle.reached === "done",
      own: (resource) => void machine.own(resource),
      log: machine.log,
    });
    machine.provideValue(MEASURED_FIRMWARE, guest.firmware);

    machine.own(
      lifecycle.on("objects", () => {
        support.choose(properties.string("confidential-guest-support"), properties.string("memory-encryption"));
        support.show(qom.resolve("/machine"));
      }),
    );
    machine.own(lifecycle.onStart(() => guest.start(firmware)));
    machine.own(lifecycle.on("board", () => guest.refuseWithoutKvm("board")));
    machine.own(lifecycle.on("devices", () => guest.refuseWithoutKvm("devices")));
    machine.own(lifecycle.on("done", () => guest.measure()));
    const runStates = machine.use(RUN_STATES);
    machine.own(
      runStates.onChange(({ to }) => {
        if (to === "running") guest.run();
      }),
    );

    machine.own(addSevCommands(machine.use(COMMANDS), { support, guest, memory }));
    const human = machine.optional(HUMAN_COMMANDS);
    if (human !== undefined) machine.own(human.add(infoSev(human)));
  },
});
