import type { CpuTopologyRequest, MachineType } from "backplane";
import { parseInteger, parseSize } from "backplane";
import { SMP_SHAPE, type Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { isTree, mergeKeyValues, readKeyValues, type KeyValueTree } from "./keyval.ts";
import { at, Exit, type Occurrence } from "./occurrence.ts";
import { OptionList, valueOf } from "./option-list.ts";

/** `-machine`, `-M`: occurrences merge. Help is printed by whoever knows the machine types. */
export function addMachine(draft: Draft, occurrence: Occurrence, help: (type: string | undefined) => void): void {
  const wantsHelp = at(occurrence, () => readKeyValues(draft.machine, occurrence.argument, "type").help);
  if (!wantsHelp) return;
  const type = draft.machine["type"];
  help(typeof type === "string" ? type : undefined);
  throw new Exit(0);
}

/** `-smp`: the machine's property `smp`. */
export function addSmp(draft: Draft, occurrence: Occurrence): void {
  at(occurrence, () => {
    const smp: KeyValueTree = {};
    if (readKeyValues(smp, occurrence.argument, "cpus").help) {
      draft.print(new OptionList(SMP_SHAPE, draft.messages, draft.print).help());
      throw new Exit(0);
    }
    mergeKeyValues(draft.machine, { smp });
  });
}

/** Numbers of processors. What they come to together is for the machine to say. */
export function readTopology(smp: KeyValueTree): CpuTopologyRequest {
  const request: Record<string, number> = {};
  for (const key of Object.keys(SMP_SHAPE.fields ?? {})) {
    const text = smp[key];
    if (text === undefined) continue;
    const number = typeof text === "string" ? parseInteger(text) : undefined;
    if (number === undefined || Math.abs(number) >= 2 ** 63)
      throw commandLineErrors.VALUE_EXPECTED(`smp.${key}`, "integer");
    request[key] = number;
  }
  const unknown = Object.keys(smp).find((key) => !Object.hasOwn(request, key));
  if (unknown !== undefined) throw commandLineErrors.KEY_UNEXPECTED(`smp.${unknown}`);
  return request;
}

/** Memory comes in units of that many bytes. */
const MEMORY_UNIT = 8192;

/** `-m` becomes the machine's property `memory`. A size without a suffix is in MiB, as it always was. */
export function mergeMemory(draft: Draft): void {
  const group = draft.lists.memory.groups[0];
  const size = valueOf(group, "size");
  const maxmem = valueOf(group, "maxmem");
  const slots = valueOf(group, "slots");
  const memory: KeyValueTree = {};
  if (size !== undefined && parseSize(size) !== 0) memory["size"] = /[0-9]$/.test(size) ? `${size}M` : size;
  if (maxmem !== undefined) memory["max-size"] = maxmem;
  if (slots !== undefined) memory["slots"] = slots;
  mergeKeyValues(draft.machine, { memory });
}

export function readMemory(
  memory: KeyValueTree,
  defaultSize: number,
): { readonly size: number; readonly slots: number; readonly maxSize: number } {
  const known = ["size", "max-size", "slots"];
  const bytes = (key: string): number | undefined => {
    const text = memory[key];
    if (text === undefined) return undefined;
    const value = typeof text === "string" ? parseSize(text) : undefined;
    if (value === undefined || value >= 2 ** 64) throw commandLineErrors.VALUE_EXPECTED(`memory.${key}`, "size");
    return value;
  };
  const size = Math.ceil((bytes("size") ?? defaultSize) / MEMORY_UNIT) * MEMORY_UNIT;
  const maximum = bytes("max-size");
  const slotsText = memory["slots"];
  const slots = typeof slotsText === "string" ? parseInteger(slotsText) : slotsText === undefined ? 0 : undefined;
  if (slots === undefined) throw commandLineErrors.VALUE_EXPECTED("memory.slots", "integer");
  // As in C, a negative number counts down from 2^64.
  if (slots < 0) throw commandLineErrors.MEMORY_SLOTS(BigInt.asUintN(64, BigInt(slots)));
  const unknown = Object.keys(memory).find((key) => !known.includes(key));
  if (unknown !== undefined) throw commandLineErrors.KEY_UNEXPECTED(`memory.${unknown}`);
  if (maximum === undefined) {
    if (slots !== 0) throw commandLineErrors.MEMORY_SLOTS_WITHOUT_MAXIMUM();
    return { size, slots, maxSize: size };
  }
  if (maximum < size) throw commandLineErrors.MEMORY_MAXIMUM_SMALL(maximum, size);
  if (slots !== 0 && maximum === size) throw commandLineErrors.MEMORY_SLOTS_WITHOUT_ROOM(maximum, size);
  return { size, slots, maxSize: maximum };
}

/** Keys of `-machine` that never were properties of a machine, or that only other accelerators have. */
const ELSEWHERE = ["accel", "type", "igd-passthru", "kvm-shadow-mem", "kernel-irqchip", "smp", "memory", "boot"];

/** What is left for the machine type to read. Underscores are hyphens. */
export function machineProperties(tree: KeyValueTree): KeyValueTree {
  const properties: KeyValueTree = {};
  for (const [key, value] of Object.entries(dashed(tree))) if (!ELSEWHERE.includes(key)) properties[key] = value;
  return properties;
}

export function dashed(tree: KeyValueTree): KeyValueTree {
  const result: KeyValueTree = {};
  for (const [key, value] of Object.entries(tree)) {
    const name = key.replaceAll("_", "-");
    if (name !== key && Object.hasOwn(tree, name)) throw commandLineErrors.KEY_CONFLICT(key, name);
    result[name] = value;
  }
  return result;
}

/** A part of the machine's keys that has members. */
export function subtree(tree: KeyValueTree, key: string): KeyValueTree {
  const value = tree[key];
  if (value === undefined) return {};
  if (!isTree(value)) throw commandLineErrors.MEMBER_TYPE(key);
  return value;
}

/** The machine type that was named, by its own name or an alias. */
export function findType(types: readonly MachineType[], name: string): MachineType | undefined {
  return types.find((type) => type.name === name || type.aliases?.includes(name) === true);
}
