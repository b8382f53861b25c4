// A local APIC's registers as `info lapic` shows them.
import type { LocalApic } from "./contract.ts";
import { AT, COMMAND, deliveryOf, LVT, shorthandOf, SPURIOUS } from "./registers.ts";

const ENTRIES = [
  ["LVT0", AT.lint0],
  ["LVT1", AT.lint1],
  ["LVTPC", 0x340],
  ["LVTERR", AT.error],
  ["LVTTHMR", 0x330],
  ["LVTT", AT.timer],
] as const;
const DELIVERY = ["Fixed", "...", "SMI", "...", "NMI", "INIT", "...", "ExtINT"] as const;
const SHORTHANDS = ["no-shorthand", "self", "all-self", "all"] as const;
const BIT = { pending: 0x1000, activeLow: 0x2000, focus: 0x200 } as const;
const NMI = 4;
const FLAT = 0xf;

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(digits, "0");
const binary = (value: number, digits: number): string => (value & (2 ** digits - 1)).toString(2).padStart(digits, "0");

export interface Shown {
  readonly apic: LocalApic;
  readonly processor: number;
  /** The processor has x2APIC mode, on or off: ids are 32 bits wide. */
  readonly isWide: boolean;
}

export function localApicText({ apic, processor, isWide }: Shown): string {
  const at = (offset: number): number => apic.read(offset);
  const entries = ENTRIES.map(([name, offset]) => entryText(name, at(offset), offset === AT.timer)).join("");
  const divide = at(AT.divide);
  const code = ((divide & 8) >> 1) | (divide & 3);
  const spurious = at(AT.spurious);
  const format = at(AT.destinationFormat) >>> 28;
  const logical = at(AT.logicalDestination) >>> 24;
  const cluster = format === 0 ? `(cluster ${logical >> 4}: id ${logical & 0xf})` : "";
  return (
    `dumping local APIC state for CPU ${String(processor).padEnd(2)}\n\n${entries}` +
    `Timer\t DCR=0x${hex(divide, 1)} (divide by ${code === 7 ? 1 : 2 << code}) ` +
    `initial_count = ${at(AT.initialCount)} current_count = ${at(AT.currentCount) >>> 0}\n` +
    `SPIV\t 0x${hex(spurious, 8)} APIC ${(spurious & SPURIOUS.enable) === 0 ? "disabled" : "enabled"}, ` +
    `focus=${(spurious & BIT.focus) === 0 ? "off" : "on"}, spurious vec ${spurious & LVT.vector}\n` +
    commandText(at(AT.commandLow), at(AT.commandHigh), format, isWide) +
    `ESR\t 0x${hex(at(AT.errorStatus), 8)}\n` +
    vectors("ISR", AT.inService, at) +
    vectors("IRR", AT.request, at) +
    `\nAPR 0x00 TPR 0x${hex(at(AT.taskPriority), 2)} DFR 0x${hex(format, 2)} LDR 0x${hex(logical, 2)}${cluster}` +
    ` PPR 0x${hex(at(AT.processorPriority), 2)}\n`
  );
}

function entryText(name: string, entry: number, isTimer: boolean): string {
  const has = (bit: number): boolean => (entry & bit) !== 0;
  const kind = has(LVT.periodic) ? "periodic" : has(LVT.deadline) ? "tsc-deadline" : "one-shot";
  const delivery = deliveryOf(entry);
  const words = [
    has(BIT.activeLow) ? "active-lo" : "active-hi",
    (has(LVT.level) ? "level" : "edge").padEnd(5),
    (has(LVT.masked) ? "masked" : "").padEnd(6),
    (has(BIT.pending) ? "pending" : "").padEnd(7),
    (isTimer ? kind : "").padEnd(12),
    (DELIVERY[delivery] ?? "").padEnd(6),
  ];
  const vector = delivery === NMI ? "" : ` (vec ${entry & LVT.vector})`;
  return `${name}\t 0x${hex(entry, 8)} ${words.join(" ")}${vector}\n`;
}

function commandText(low: number, high: number, format: number, isWide: boolean): string {
  const isLogical = (low & COMMAND.logical) !== 0;
  const shorthand = shorthandOf(low);
  const words = [
    isLogical ? "logical" : "physical",
    (low & COMMAND.level) === 0 ? "edge" : "level",
    (low & COMMAND.assert) === 0 ? "de-assert" : "assert",
    SHORTHANDS[shorthand] ?? "",
  ];
  const target = shorthand === 0 ? targetText(high, isLogical, format, isWide) : "\n";
  return `ICR\t 0x${hex(low, 8)} ${words.join(" ")}\nICR2\t 0x${hex(high, 8)}${target}`;
}

function targetText(high: number, isLogical: boolean, format: number, isWide: boolean): string {
  const ids = isWide ? "X2APIC ID" : "APIC ID";
  const field = isWide ? high >>> 0 : high >>> 24;
  if (!isLogical) return ` cpu ${isWide ? field : field & 0xf} (${ids})\n`;
  if (format === FLAT) return ` mask ${binary(high >>> 24, 8)} (APIC ID)\n`;
  // Of a model that does not exist there is nothing to say, not even where the line ends.
  if (format !== 0) return "";
  return isWide
    ? ` cluster ${field >>> 16} mask ${binary(field, 16)} (${ids})\n`
    : ` cluster ${field >>> 4} mask ${binary(field, 4)} (${ids})\n`;
}

function vectors(name: string, offset: number, at: (offset: number) => number): string {
  const has = (set: number, vector: number): boolean => ((at(set + (vector >> 5) * 0x10) >>> (vector & 31)) & 1) === 1;
  const listed = Array.from({ length: 256 }, (_, vector) => vector)
    .filter((vector) => has(offset, vector))
    .map((vector) => `${vector}${has(AT.triggerMode, vector) ? "(level)" : ""} `);
  return `${name}\t ${listed.length === 0 ? "(none)" : listed.join("")}\n`;
}
