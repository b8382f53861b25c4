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
  CPU_MODEL_NOT_FOUND: {
    text: (model: string) => `CPU model '${model}' not found`,
    help: "A monitor asks for a model that does not exist.",
  },
  CPU_MODEL_PROPERTIES: {
    text: () => "Invalid parameter type for 'model.props', expected: object",
    help: "The properties of a model are an object.",
  },
  CPU_NUMBER_BAD: {
    text: (value: string) => `bad numerical value ${value}`,
    help: "A frequency behind a CPU model's name is no number.",
    at: "model",
  },
  CPU_NUMBER_LARGE: {
    text: (name: string, limit: number) => `parameter '${name}' can be at most ${limit}`,
    help: "The family, model or stepping of a processor does not fit CPUID.",
  },
  CPU_VENDOR_LENGTH: {
    text: () => "value of property 'vendor' must consist of exactly 12 characters",
    help: "CPUID tells the vendor in three registers.",
  },
  CPU_PROPERTY_UNKNOWN: {
    text: (owner: string, name: string) => `Property '${owner}.${name}' not found`,
    help: "Processors have no feature of that name.",
    at: "model",
  },
  CPU_FEATURES_REFUSED: {
    text: () => "TCG doesn't support requested features",
    help: "With enforce=on a processor must have every feature that it promises.",
  },
  CPU_TYPE_WRONG: {
    text: (type: string) => `Invalid CPU type, expected cpu type: '${type}'`,
    help: "All processors of a machine are of the model of -cpu.",
  },
  CPU_PLACE_UNSET: {
    text: (level: string) => `CPU ${level}-id is not set`,
    help: "A processor must be told its place in every level of the topology: see query-hotpluggable-cpus.",
  },
  CPU_PLACE_RANGE: {
    text: (level: string, id: number, last: number) => `Invalid CPU ${level}-id: ${id} must be in range 0:${last}`,
    help: "The machine has no such place for a processor.",
  },
  CPU_PLACE_UNKNOWN: {
    text: (place: string, apicId: number, last: number) =>
      `Invalid CPU [${place}] with APIC ID ${apicId}, valid index range 0:${last}`,
    help: "No place of the machine's topology has that APIC id.",
  },
  CPU_PLACE_TAKEN: {
    text: (index: number, apicId: number) => `CPU[${index}] with APIC ID ${apicId} exists`,
    help: "Another processor is there already.",
  },
  CPU_PLACE_MISMATCH: {
    text: (level: string, id: number, apicId: number, actual: number) =>
      `property ${level}-id: ${id} doesn't match set apic-id: 0x${apicId.toString(16)} (${level}-id: ${actual})`,
    help: "A processor's place and its APIC id contradict each other.",
  },
  CPU_APIC_ID_UNSET: {
    text: () => "apic-id property was not initialized properly",
    help: "A machine without a topology cannot say which APIC id a processor has.",
  },
  CPU_NODE: {
    text: (node: number) => `invalid node-id, must be ${node}`,
    help: "A processor was given another NUMA node than -numa says.",
  },
  CPU_BOOT_UNPLUG: {
    text: () => "Boot CPU is unpluggable",
    help: "The first processor stays.",
  },
  CPU_NO_CONTROLLER: {
    text: () => "CPU hot unplug not supported without ACPI",
    help: "Nobody could ask the guest to let the processor go.",
  },
  CPU_BITS_FIXED: {
    text: () => "phys-bits is not user-configurable in 32 bit",
    help: "A processor without long mode has addresses of 32 or 36 bits.",
  },
  CPU_BITS_RANGE: {
    text: (name: string, low: number, high: number, bits: number) =>
      `${name} should be between ${low} and ${high}  (but is ${bits})`,
    help: "Addresses cannot be as wide as that.",
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
