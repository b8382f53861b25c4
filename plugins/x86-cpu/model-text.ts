// What -cpu says: a model and its features (QEMU manual, "-cpu").
import { cpuErrors } from "./errors.ts";

export interface ModelText {
  readonly name: string;
  /** `feature=value`, in order. */
  readonly settings: readonly { readonly property: string; readonly value: string }[];
  /** `+feature` and `-feature`: they count more than settings, wherever they stand, and those taken away more than those added. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** What the peer has to say about the text. */
  readonly warnings: readonly string[];
}

const FREQUENCY = "tsc-freq";

/** Throws `CPU_MODEL_EMPTY`, `CPU_NUMBER_BAD`. */
export function readModelText(text: string): ModelText {
  const [name = "", ...rest] = text.split(",");
  if (name === "") throw cpuErrors.CPU_MODEL_EMPTY();
  const words = rest.filter((word) => word !== "");
  const signed = (sign: string): string[] => words.filter((word) => word.startsWith(sign)).map((word) => word.slice(1));
  const added = signed("+");
  const removed = signed("-");
  const warnings: string[] = [];
  const settings: { property: string; value: string }[] = [];
  for (const word of words) {
    if (/^[+-]/.test(word)) continue;
    const at = word.indexOf("=");
    const property = (at < 0 ? word : word.slice(0, at)).replaceAll("_", "-");
    const value = at < 0 ? "on" : word.slice(at + 1);
    for (const [sign, names] of [
      ["+", added],
      ["-", removed],
    ] as const) {
      if (names.includes(property))
        warnings.push(`Ambiguous CPU model string. Don't mix both "${sign}${property}" and "${property}=${value}"`);
    }
    settings.push(
      property === FREQUENCY ? { property: "tsc-frequency", value: frequency(value) } : { property, value },
    );
  }
  if (warnings.length > 0)
    warnings.push("Compatibility of ambiguous CPU model strings won't be kept on future QEMU versions");
  return { name, settings, added, removed, warnings };
}

/** Suffixes of frequencies are powers of a thousand. */
function frequency(text: string): string {
  const match = /^([0-9]+(?:\.[0-9]+)?)([kKmMgGtT]?)$/.exec(text);
  if (match === null) throw cpuErrors.CPU_NUMBER_BAD(text);
  const power = ["", "k", "m", "g", "t"].indexOf((match[2] ?? "").toLowerCase());
  return String(Math.floor(Number(match[1]) * 1000 ** power));
}
