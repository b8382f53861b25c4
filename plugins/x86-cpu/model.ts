import type { CpuIdentity } from "./contract.ts";
import { cpuErrors } from "./errors.ts";
import { CPU_MODELS, type CpuModel } from "./models.ts";

/** What a PC gets when nobody names a model. */
const DEFAULT_MODEL = "qemu64";
const HOST_MODELS: readonly string[] = ["host"];

/** Finds the model of `-cpu`. */
export function findModel(text: string = DEFAULT_MODEL): { readonly name: string; readonly model: CpuModel } {
  const [name = "", ...features] = text.split(",");
  if (name === "") throw cpuErrors.CPU_MODEL_EMPTY();
  if (HOST_MODELS.includes(name)) throw cpuErrors.CPU_MODEL_HOST(name);
  const model = CPU_MODELS.get(name);
  if (model === undefined) throw cpuErrors.CPU_MODEL_UNKNOWN(name);
  if (features.length > 0) throw cpuErrors.CPU_FEATURES_UNSUPPORTED(features.join(","));
  return { name, model };
}

/** Leaf 1, EAX (Intel SDM volume 2A, CPUID): families above 15 and models above 15 continue in extended fields. */
function signature({ family, model, stepping }: CpuModel): number {
  const base = Math.min(family, 15);
  const extended = family - base;
  return (extended << 20) | ((model >> 4) << 16) | (base << 8) | ((model & 15) << 4) | stepping;
}

export function identityOf(model: CpuModel): CpuIdentity {
  const { vendor, features, longMode } = model;
  return { vendor, signature: signature(model), features, longMode };
}
