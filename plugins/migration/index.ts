import {
  asBackplaneError,
  CLOCK,
  COMMANDS,
  definePlugin,
  DEVICE_STATES,
  DEVICES,
  EVENTS,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  RESETS,
  RUN_STATES,
  type Devices,
  type Disposable,
  type PluginMachine,
} from "backplane";
import { MigrationCapabilities } from "./capabilities.ts";
import { addMigrationCommands } from "./commands.ts";
import { MIGRATION, MIGRATION_STATE } from "./contract.ts";
import { clockSection, GlobalState, globalStateSection } from "./core-sections.ts";
import { GuestStop } from "./guest-stop.ts";
import { Incoming } from "./incoming.ts";
import { incomingOrigin, readIncoming } from "./incoming-argument.ts";
import { migrationOptions } from "./options.ts";
import { OutgoingMigration } from "./outgoing.ts";
import { MigrationParameters } from "./parameters.ts";
import { MIGRATION_EVENTS } from "./results.ts";
import { SectionRegistry } from "./sections.ts";
import { MigrationProgress } from "./status.ts";

export default definePlugin({
  id: "migration",
  apiVersion: 1,
  summary: "Sends the machine's state to a file, a program or a socket while the guest runs",
  provides: [MIGRATION, MIGRATION_STATE],
  options: migrationOptions,
  commandLine: [
    {
      name: "incoming",
      argument: "text",
      help: "-incoming defer|tcp:[host]:port|unix:path|fd:number|exec:command|file:path[,offset=offset]|channel\n                waits for a machine's state and goes on with it",
      toOptions: (occurrences) => ({ incoming: readIncoming(occurrences) }),
    },
  ],
  attach(machine, options) {
    const events = machine.use(EVENTS);
    const runStates = machine.use(RUN_STATES);
    const sections = new SectionRegistry();
    const progress = new MigrationProgress();
    const capabilities = new MigrationCapabilities();
    const parameters = new MigrationParameters();
    const globalState = new GlobalState();
    const devices = machine.use(DEVICES);
    const services = {
      machineName: machine.use(MACHINE).type.name,
      progress,
      sections,
      parameters,
      capabilities,
      guest: new GuestStop(runStates, machine.use(MACHINE_CONTROL), events, globalState),
      events,
      log: machine.log,
      leftOut: () => statelessFunctions(devices),
    };
    const incoming = machine.own(
      new Incoming({ ...services, globalState, runStates, control: machine.use(MACHINE_CONTROL) }),
    );
    if (options.incoming !== undefined) waitForStream(machine, incoming, options.incoming);
    for (const event of MIGRATION_EVENTS) machine.own(events.declare(event));
    machine.own(
      progress.onChange(({ to }) => {
        if (capabilities.has("events")) events.emit("MIGRATION", { status: to });
      }),
    );
    machine.own(sections.add(clockSection(machine.use(CLOCK))));
    machine.own(machine.use(DEVICE_STATES).follow((section) => sections.add(section)));
    // Numbered behind every device that the machine is made with; the first reset follows the last of them.
    let last: Disposable | undefined;
    machine.own(
      machine.use(RESETS).add(() => {
        last ??= machine.own(sections.add(globalStateSection(globalState)));
      }),
    );
    const migration = machine.own(new OutgoingMigration(services, runStates, options, incoming));
    machine.own(addMigrationCommands(machine.use(COMMANDS), migration, incoming, capabilities, parameters));
    machine.provideValue(MIGRATION, migration);
    machine.provideValue(MIGRATION_STATE, sections);
  },
});

/** Every function of a PCI bus has registers; one that does not say so comes to a destination as after reset. */
function statelessFunctions(devices: Devices): string[] {
  return devices
    .all()
    .filter(({ context: { bus, carries } }) => bus?.kinds.includes("PCI") === true && !carries)
    .map(({ context: { id, type } }) => (id === undefined ? type.name : `${type.name} '${id}'`));
}

/** The machine waits for its state from the beginning; where it comes from is opened when the machine is complete. */
function waitForStream(machine: PluginMachine, incoming: Incoming, given: string): void {
  const origin = machine.definition.options["migration"]?.origin ?? {
    kind: "command-line",
    text: `-incoming ${given}`,
  };
  const address = incomingOrigin(given);
  incoming.defer();
  if (address === "defer") return;
  const start = async (): Promise<void> => {
    try {
      await incoming.start({ address, exitOnError: true, byMonitor: false });
    } catch (failure) {
      throw asBackplaneError(failure).from(origin);
    }
  };
  machine.own(machine.use(LIFECYCLE).onComplete(start));
}
