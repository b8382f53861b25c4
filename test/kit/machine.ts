import {
  defineMachineType,
  Machine,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  RAM_BLOCK_NOTIFIERS,
  type AnyPlugin,
  type LogRecord,
  type MachineDefinition,
  type MachineType,
  type TimeSource,
  type Untold,
} from "backplane";

/** A machine type without devices: memory, notifiers, monitors' registry, and the plugins that a test gives. */
export const emptyMachineType: MachineType = defineMachineType({
  name: "test",
  description: "a machine for tests",
  properties: {},
  plugins: [],
  devices: [],
  defaultMemory: 0,
  maxCpus: 1,
});

/** A definition with what the test says and nothing else. */
export function testDefinition(parts: Partial<MachineDefinition> = {}): MachineDefinition {
  return {
    machine: { type: "test", properties: {} },
    memory: { size: 0, slots: 0, maxSize: 0 },
    cpu: { topology: {} },
    plugins: [],
    objects: [],
    devices: [],
    options: {},
    paused: true,
    ...parts,
  };
}

export interface TestMachineOptions extends Partial<MachineDefinition> {
  readonly type?: MachineType;
  readonly with?: readonly AnyPlugin[];
  /** Default `guest`. */
  readonly time?: TimeSource;
  /** Notifications that somebody is not told of. */
  readonly untold?: readonly Untold[];
}

/**
 * Builds a machine, runs the test, and releases the machine, whatever the test does. Fails when something of the
 * machine is left: a notifier that is still registered was not handed to `machine.own`, nor was a mapping that is still
 * announced; what a modelled host still holds was not given back.
 */
export async function withMachine<T>(
  options: TestMachineOptions,
  test: (machine: Machine, log: readonly LogRecord[]) => T | Promise<T>,
): Promise<T> {
  const { type = emptyMachineType, with: plugins = [], time = "guest", untold = [], ...parts } = options;
  const log: LogRecord[] = [];
  const definition = testDefinition({ machine: { type: type.name, properties: {} }, ...parts });
  const machine = await Machine.create(definition, {
    types: [type],
    plugins,
    time,
    untold,
    log: (record) => log.push(record),
  });
  const notifiers = machine.service(RAM_BLOCK_NOTIFIERS);
  const mappings = machine.service(HOST_MAPPING_NOTIFIERS);
  const resources = machine.service(HOST_RESOURCES);
  let result: T;
  try {
    result = await test(machine, log);
  } finally {
    await machine.dispose();
  }
  const left = [...notifiers.subscribers(), ...mappings.subscriptions().map(({ name }) => name)];
  if (left.length > 0) throw new Error(`still registered after the machine was released: ${left.join(", ")}`);
  const mapped = mappings.mappings().map(({ owner, hostAddress }) => `${owner}@0x${hostAddress.toString(16)}`);
  if (mapped.length > 0) throw new Error(`still mapped after the machine was released: ${mapped.join(", ")}`);
  const held = resources.all().filter((resource) => resource.outstanding() !== 0);
  if (held.length > 0) {
    const what = held.map((resource) => `${resource.outstanding()} ${resource.name}`);
    throw new Error(`the host still holds what the machine took: ${what.join(", ")}`);
  }
  return result;
}
