import { BackplaneError, defineErrors } from "backplane";

export const cpuErrors = defineErrors({
  CPU_TOPOLOGY_ZERO: {
    text: () => "Invalid CPU topology: CPU topology parameters must be greater than zero",
    help: "A parameter of -smp is 0. Leave it out to have it computed.",
  },
  CPU_TOPOLOGY_LEVEL: {
    text: (level: string) => `${level} > 1 not supported by this machine's CPU topology`,
    help: "-smp names a level of the topology that PCs do not have: clusters, books or drawers.",
  },
  CPU_TOPOLOGY_PRODUCT: {
    text: (levels: string, maxCpus: number) =>
      `Invalid CPU topology: product of the hierarchy must match maxcpus: ${levels} != maxcpus (${maxCpus})`,
    help: "Sockets, dies, modules, cores and threads multiply to another number than maxcpus.",
  },
  CPU_TOPOLOGY_MAXIMUM: {
    text: (levels: string, maxCpus: number, cpus: number) =>
      `Invalid CPU topology: maxcpus must be equal to or greater than smp: ${levels} == maxcpus (${maxCpus}) < smp_cpus (${cpus})`,
    help: "-smp asks for more processors at start than the machine can hold.",
  },
  X86_CPU_COUNT: {
    text: (cpus: number, machine: string, max: number) =>
      `Invalid SMP CPUs ${cpus | 0}. The max CPUs supported by machine '${machine}' is ${max}`,
    help: "The machine type does not allow as many processors.",
  },
  CPU_MODEL_UNKNOWN: {
    text: (model: string) => `unable to find CPU model '${model}'`,
    help: "-cpu names a model that does not exist. Names are case-sensitive.",
    at: "model",
  },
  CPU_MODEL_HOST: {
    text: (model: string) => `CPU model '${model}' requires KVM or HVF`,
    help: "The model copies the host's processor, which needs hardware virtualization. Use max.",
    at: "model",
    advice: "write max",
  },
  CPU_MODEL_EMPTY: {
    text: () => "-cpu option cannot be empty",
    help: "-cpu needs the name of a model.",
  },
  CPU_FEATURES_UNSUPPORTED: {
    text: (features: string) => `CPU features ('${features}') are not modelled yet; give the model's name alone`,
    help: "Features behind a CPU model's name (+feature, feature=on) change what CPUID tells; no processor that tells it is modelled yet.",
    at: "model",
  },
  CPU_X2APIC: {
    text: (apicId: number) => `APIC ID ${apicId} requires x2APIC feature in CPU`,
    help: "Processors with an APIC id of 255 or more need a model with x2APIC, such as max.",
  },
});

export function x2apicMissing(apicId: number): BackplaneError {
  const { code, message } = cpuErrors.CPU_X2APIC(apicId);
  return new BackplaneError(code, message, { hints: ["Try x2apic=on in -cpu."] });
}
