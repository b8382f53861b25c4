import {
  DEVICES,
  Machine,
  objectText,
  USER_OBJECTS,
  type DeviceType,
  type MachineDefinition,
  type MachineType,
  type ObjectType,
} from "backplane";

export interface KnownTypes {
  readonly devices: readonly DeviceType[];
  readonly objects: readonly ObjectType[];
}

/** Types are registered by a machine's plugins, so a machine is made and let go of again. */
export async function typesOf(type: MachineType): Promise<KnownTypes> {
  const size = Math.max(type.defaultMemory, 0);
  const definition: MachineDefinition = {
    machine: { type: type.name, properties: {} },
    memory: { size, slots: 0, maxSize: size },
    cpu: { topology: {} },
    plugins: [],
    objects: [],
    devices: [],
    options: {},
    paused: true,
  };
  const machine = await Machine.create(definition, { types: [type] });
  const known = { devices: machine.service(DEVICES).types(), objects: machine.service(USER_OBJECTS).types() };
  await machine.dispose();
  return known;
}

export function machineListText(types: readonly MachineType[]): string {
  const lines = types.flatMap(({ name, aliases = [], description, deprecated = false }) => [
    ...aliases.map((alias) => `${alias.padEnd(20)} ${description} (alias of ${name})\n`),
    `${name.padEnd(20)} ${description}${deprecated ? " (deprecated)" : ""}\n`,
  ]);
  return `Supported machines are:\n${lines.join("")}`;
}

export function machineTypeText(type: MachineType): string {
  return objectText(`${type.name}-machine`, type.properties);
}
