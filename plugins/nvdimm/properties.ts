import { KiB, prop, type Property } from "backplane";
import { DIMM_PROPERTIES } from "backplane/plugins/pc-dimm/contract";
import { nvdimmErrors } from "./errors.ts";

/** What a namespace's labels need (UEFI 2.10 §13.19). */
const LEAST_LABEL_SIZE = 128 * KiB;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const labelSize: Property<number> = {
  type: "int",
  default: 0,
  description: undefined,
  parse(value, name, owner, form) {
    const size = prop.size(0).parse(value, name, owner, form);
    if (size < LEAST_LABEL_SIZE) throw nvdimmErrors.NVDIMM_LABEL_SIZE(name, size, LEAST_LABEL_SIZE);
    return size;
  },
};

/** As monitors show it of a module without one. */
const NO_UUID = "00000000-0000-0000-0000-000000000000";

export const uuid: Property<string | undefined> = {
  type: "QemuUUID",
  default: undefined,
  description: undefined,
  format: (value) => value ?? NO_UUID,
  parse(value, name, owner, form) {
    const text = prop.string("").parse(value, name, owner, form);
    if (!UUID.test(text)) throw nvdimmErrors.NVDIMM_UUID(name);
    return text.toLowerCase();
  },
};

export const NVDIMM_PROPERTIES = {
  unarmed: prop.bool(false),
  ...DIMM_PROPERTIES,
  "label-size": prop.late(labelSize),
  uuid: prop.late(uuid),
} as const;
