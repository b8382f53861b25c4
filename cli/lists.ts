import { CORE_TOKENS, machineErrors, orderPlugins, tokenName, type AnyPlugin, type MachineType } from "backplane";
import { machineTypes } from "../machines/index.ts";

export function findMachineType(name: string): MachineType {
  const type = machineTypes.find((candidate) => candidate.name === name || candidate.aliases?.includes(name) === true);
  if (type === undefined) {
    throw machineErrors
      .MACHINE_TYPE_UNKNOWN(name)
      .advise(`there are: ${machineTypes.flatMap((known) => [known.name, ...(known.aliases ?? [])]).join(", ")}`);
  }
  return type;
}

/** A machine type's plugins, with those that it only offers. */
export async function allPlugins({ plugins, offers = [] }: MachineType): Promise<readonly AnyPlugin[]> {
  return [...plugins, ...(await Promise.all(offers.map((offer) => offer.load())))];
}

/** `backplane plugins`. */
export async function listPlugins(machine: string, options: { readonly json?: boolean }): Promise<number> {
  const plugins = orderPlugins(await allPlugins(findMachineType(machine)), CORE_TOKENS).map(
    ({ id, summary, requires = [], uses = [], provides = [] }) => ({
      id,
      summary,
      requires: requires.map(tokenName),
      uses: uses.map(tokenName),
      provides: provides.map(tokenName),
    }),
  );
  print(
    options,
    plugins,
    plugins.map(({ id, summary }) => [id, summary]),
  );
  return 0;
}

/** `backplane machines`. */
export function listMachines(options: { readonly json?: boolean }): number {
  const machines = machineTypes.map(({ name, aliases = [], description }) => ({ name, aliases, description }));
  print(
    options,
    machines,
    machines.map(({ name, aliases, description }) => [[name, ...aliases].join(", "), description]),
  );
  return 0;
}

function print(
  options: { readonly json?: boolean },
  data: unknown,
  rows: readonly (readonly [string, string] | readonly string[])[],
): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
    return;
  }
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  for (const [name = "", text = ""] of rows) process.stdout.write(`${name.padEnd(width)}  ${text}\n`);
}
