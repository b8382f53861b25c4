import { objectText, type MachineType } from "backplane";

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
