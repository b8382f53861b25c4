import type { AnyPlugin, CommandLineOption, MachineDefinition, MachineType } from "backplane";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { at, originOf, type Occurrence } from "./occurrence.ts";
import { OptionList } from "./option-list.ts";

/** The plugins of all machine types by the options that they bring along. */
export function pluginOptions(types: readonly MachineType[]): ReadonlyMap<string, AnyPlugin> {
  const result = new Map<string, AnyPlugin>();
  for (const plugin of types.flatMap((type) => type.plugins)) {
    for (const option of plugin.commandLine ?? []) result.set(option.name, plugin);
  }
  return result;
}

/**
 * What the occurrences of plugins' options come to, by plugin. An option whose plugin the machine type does not have is
 * checked and has no effect, as in the peer, except where the peer has a word for it.
 */
export function readPluginOptions(draft: Draft, type: MachineType): MachineDefinition["options"] {
  const options: Record<string, { value: Record<string, unknown> }> = {};
  for (const [name, occurrences] of draft.forPlugins) {
    const plugin = draft.pluginOptions.get(name);
    const option = plugin?.commandLine?.find((candidate) => candidate.name === name);
    if (plugin === undefined || option === undefined) continue;
    const read = occurrences.map((occurrence) => parsed(draft, option, occurrence));
    const value = option.toOptions(read);
    if (type.plugins.some(({ id }) => id === plugin.id)) {
      const known = (options[plugin.id] ??= { value: {} });
      Object.assign(known.value, value);
    } else {
      option.checkUnused?.(read);
      refuseAbsent(name, occurrences);
    }
  }
  return options;
}

function parsed(draft: Draft, option: CommandLineOption, occurrence: Occurrence) {
  const { text, argument } = occurrence;
  if (option.argument !== "keyval") return { text, argument, pairs: [] };
  const shape = { name: option.name, ...(option.implied === undefined ? {} : { implied: option.implied }) };
  const { id, pairs } = at(occurrence, () => new OptionList(shape, draft.messages, draft.print).add(occurrence));
  const given = pairs.map(({ key, value }) => ({ key, value }));
  // Some options have no use for an id, and say so.
  return { text, argument, pairs: id === undefined ? given : [...given, { key: "id", value: id }] };
}

function refuseAbsent(name: string, occurrences: readonly Occurrence[]): void {
  const [first] = occurrences;
  if (first === undefined) return;
  if (name === "fw_cfg") throw commandLineErrors.FW_CFG_ABSENT().from(originOf(first));
  if (name === "numa") throw commandLineErrors.NUMA_ABSENT().from(originOf(first));
}
