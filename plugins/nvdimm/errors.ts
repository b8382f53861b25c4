import { defineErrors } from "backplane";

const hex = (value: number): string => `0x${value.toString(16)}`;

export const nvdimmErrors = defineErrors({
  NVDIMM_DISABLED: {
    text: () => "nvdimm is not enabled: missing 'nvdimm' in '-M'",
    help: "NVDIMMs need a machine with nvdimm=on.",
    advice: "write machine: { type: q35, nvdimm: on }",
  },
  NVDIMM_MEMDEV_UNSET: {
    text: () => "'memdev' property must be set",
    help: "An NVDIMM needs a memory backend: memdev=ID.",
    advice: "write memdev: ID, the id of a memory backend under 'objects'",
  },
  NVDIMM_LABEL_SIZE: {
    text: (name: string, size: number, least: number) =>
      `Property 'nvdimm.${name}' (${hex(size)}) is required at least ${hex(least)}`,
    help: "The label area of an NVDIMM has at least 128 KiB, or is left out.",
  },
  NVDIMM_UUID: {
    text: (name: string) => `Property 'nvdimm.${name}' has invalid value`,
    help: "uuid= takes 32 hexadecimal digits in groups of 8-4-4-4-12.",
  },
  NVDIMM_TOO_SMALL: {
    text: (memdev: string, size: number, label: number, alignment: number) =>
      `the size of memdev ${memdev} (${hex(size)}) is too small to contain nvdimm label (${hex(label)}) and aligned PMEM (${hex(alignment)})`,
    help: "Behind the label area at the backend's end nothing is left for persistent memory.",
    at: "label-size",
    advice: "write a smaller label-size, or give the backend a larger size",
  },
  NVDIMM_ARMED_READONLY: {
    text: (memdev: string) => `'unarmed' property must be 'on' since memdev ${memdev} is read-only`,
    help: "Writes to a read-only backend do not persist, which the guest learns from unarmed=on.",
    advice: "write unarmed: on",
  },
  NVDIMM_UNPLUG: {
    text: () => "nvdimm device hot unplug is not supported yet.",
    help: "An NVDIMM stays in its slot until the machine goes.",
  },
  NVDIMM_LABEL_FIXED: {
    text: () => "cannot change property value",
    help: "Where the label area begins cannot be changed once the guest has the memory before it.",
  },
  NVDIMM_LABEL_RANGE: {
    text: (offset: number, length: number, size: number) =>
      `${length} bytes at ${hex(offset)} leave the ${hex(size)} bytes of the label area`,
    help: "An access left the label area of an NVDIMM.",
  },
  NVDIMM_PERSISTENCE: {
    text: (value: string) => `-machine nvdimm-persistence=${value}: unsupported option`,
    help: "nvdimm-persistence= is cpu or mem-ctrl.",
  },
});
