import type { PropertyTable, PropertyValues } from "backplane";
import type { CpuIdentity } from "./contract.ts";
import { cpuErrors } from "./errors.ts";
import { readModelText, type ModelText } from "./model-text.ts";
import { CPU_MODELS, type CpuModel } from "./models.ts";

/** What a PC gets when nobody names a model. */
const DEFAULT_MODEL = "qemu64";
const HOST_MODELS: readonly string[] = ["host"];

/** Leaf 1, EDX (Intel SDM volume 2A, CPUID). */
const EDX = {
  fpu: 0,
  de: 2,
  pse: 3,
  tsc: 4,
  msr: 5,
  pae: 6,
  mce: 7,
  cx8: 8,
  apic: 9,
  sep: 11,
  mtrr: 12,
  pge: 13,
} as const;
const EDX_MORE = {
  mca: 14,
  cmov: 15,
  pat: 16,
  pse36: 17,
  clflush: 19,
  acpi: 22,
  mmx: 23,
  fxsr: 24,
  sse: 25,
  sse2: 26,
  ss: 27,
  ht: 28,
} as const;
const PSE36 = 1 << EDX_MORE.pse36;

/** Under TCG. */
const LONG_MODE_BITS = 40;

/** Finds the model of `-cpu`. */
export function findModel(text: string = DEFAULT_MODEL): { readonly text: ModelText; readonly model: CpuModel } {
  const read = readModelText(text);
  if (HOST_MODELS.includes(read.name)) throw cpuErrors.CPU_MODEL_HOST(read.name);
  const model = CPU_MODELS.get(read.name);
  if (model === undefined) throw cpuErrors.CPU_MODEL_UNKNOWN(read.name);
  return { text: read, model };
}

/** A model as properties change it. What TCG lacks stays absent, whoever asks for it. */
export function adjusted(model: CpuModel, values: PropertyValues<PropertyTable>): CpuModel {
  const on = (name: string, fallback: boolean): boolean => {
    const value: unknown = values[name];
    return typeof value === "boolean" ? value : fallback;
  };
  const number = (name: string, fallback: number): number => {
    const value: unknown = values[name];
    return typeof value === "number" ? value : fallback;
  };
  let { features } = model;
  for (const [name, bit] of [...Object.entries(EDX), ...Object.entries(EDX_MORE)]) {
    features = on(name, (features & (1 << bit)) !== 0) ? features | (1 << bit) : features & ~(1 << bit);
  }
  const longMode = on("lm", model.longMode);
  const physBits = number("phys-bits", 0);
  if (physBits !== 0 && !longMode) throw cpuErrors.CPU_BITS_FIXED();
  if (physBits !== 0 && (physBits < 32 || physBits > 52)) throw cpuErrors.CPU_BITS_RANGE("phys-bits", 32, 52, physBits);
  // A model's own width stays unless what it depends on is changed.
  const isUnchanged = longMode === model.longMode && values["pse36"] === undefined;
  const changed = longMode ? LONG_MODE_BITS : (features & PSE36) === 0 ? 32 : 36;
  const usual = isUnchanged ? model.physBits : changed;
  const vendor: unknown = values["vendor"];
  return {
    vendor: typeof vendor === "string" ? vendor : model.vendor,
    family: number("family", model.family),
    model: number("model", model.model),
    stepping: number("stepping", model.stepping),
    features: features >>> 0,
    physBits: physBits === 0 ? usual : physBits,
    longMode,
    x2apic: on("x2apic", model.x2apic),
    topologyExtensions: model.topologyExtensions,
  };
}

/** Leaf 1, EAX (Intel SDM volume 2A, CPUID): families above 15 and models above 15 continue in extended fields. */
function signature({ family, model, stepping }: CpuModel): number {
  const base = Math.min(family, 15);
  const extended = family - base;
  return (extended << 20) | ((model >> 4) << 16) | (base << 8) | ((model & 15) << 4) | stepping;
}

export function identityOf(model: CpuModel): CpuIdentity {
  const { vendor, features, longMode, x2apic } = model;
  return { vendor, signature: signature(model), features, longMode, x2apic };
}
