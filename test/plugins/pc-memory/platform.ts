// A PC without its chipset: processors, memory, fw_cfg and what is plugged into memory slots.
import {
  defineMachineType,
  Machine,
  prop,
  type DeviceDefinition,
  type LogRecord,
  type MachineDefinition,
  type MachineType,
  type ObjectDefinition,
} from "backplane";
import q35 from "../../../machines/q35.ts";
import fwCfg from "../../../plugins/fw-cfg/index.ts";
import memoryBackend from "../../../plugins/memory-backend/index.ts";
import numa from "../../../plugins/numa/index.ts";
import nvdimm from "../../../plugins/nvdimm/index.ts";
import pcDimm from "../../../plugins/pc-dimm/index.ts";
import pcMemory from "../../../plugins/pc-memory/index.ts";
import romLoader from "../../../plugins/rom-loader/index.ts";
import smbios from "../../../plugins/smbios/index.ts";
import vmgenid from "../../../plugins/vmgenid/index.ts";
import x86Cpu from "../../../plugins/x86-cpu/index.ts";

export const platformType: MachineType = defineMachineType({
  ...q35,
  properties: { ...q35.properties, "max-ram-below-4g": prop.size(undefined) },
  plugins: [memoryBackend, numa, pcMemory, x86Cpu, fwCfg, romLoader, smbios, pcDimm, nvdimm, vmgenid],
  devices: [],
});

const MIB = 1024 * 1024;

export interface PlatformOptions extends Partial<Omit<MachineDefinition, "devices" | "objects" | "memory">> {
  readonly memory?: Partial<MachineDefinition["memory"]>;
  readonly objects?: readonly ObjectDefinition[];
  readonly devices?: readonly DeviceDefinition[];
  readonly properties?: MachineDefinition["machine"]["properties"];
}

export function platformDefinition(options: PlatformOptions = {}): MachineDefinition {
  const { memory, objects = [], properties = {}, ...rest } = options;
  const size = memory?.size ?? 256 * MIB;
  return {
    machine: { type: "q35", properties },
    memory: { size, slots: memory?.slots ?? 0, maxSize: memory?.maxSize ?? size },
    cpu: { topology: {} },
    plugins: [],
    devices: [],
    options: {},
    paused: true,
    ...rest,
    objects,
  };
}

/** Makes the machine, gives it to the test, releases it. */
export async function withPlatform<T>(
  options: PlatformOptions | MachineDefinition,
  test: (machine: Machine, log: readonly LogRecord[]) => T | Promise<T>,
): Promise<T> {
  const log: LogRecord[] = [];
  const definition = platformDefinition(options);
  const machine = await Machine.create(definition, { types: [platformType], log: (record) => log.push(record) });
  try {
    return await test(machine, log);
  } finally {
    await machine.dispose();
  }
}

export const ram = (id: string, size: string, more: ObjectDefinition["properties"] = {}): ObjectDefinition => ({
  type: "memory-backend-ram",
  id,
  properties: { size, ...more },
  form: "opts",
});

export const device = (
  driver: string,
  properties: DeviceDefinition["properties"] = {},
  id?: string,
): DeviceDefinition => ({
  driver,
  properties,
  form: "keyval",
  ...(id === undefined ? {} : { id }),
});
