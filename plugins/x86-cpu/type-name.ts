const SUFFIX = "-x86_64-cpu";

/** Name of a model's device type. */
export function typeNameOf(model: string): string {
  return `${model}${SUFFIX}`;
}
