// A PC without its chipset whose guest is encrypted, on a modelled KVM whose keys can be repeated.
import {
  COMMANDS,
  checkArguments,
  defineMachineType,
  type JsonObject,
  type Machine,
  type MachineType,
  type ObjectDefinition,
  type OptionValues,
} from "backplane";
import type { TestMachineOptions } from "backplane/kit";
import q35 from "../../../machines/q35.ts";
import fwCfg from "../../../plugins/fw-cfg/index.ts";
import memoryBackend from "../../../plugins/memory-backend/index.ts";
import migration from "../../../plugins/migration/index.ts";
import pcDimm from "../../../plugins/pc-dimm/index.ts";
import pcMemory from "../../../plugins/pc-memory/index.ts";
import romLoader from "../../../plugins/rom-loader/index.ts";
import sev from "../../../plugins/sev/index.ts";
import x86Cpu from "../../../plugins/x86-cpu/index.ts";

export const MIB = 1024 * 1024;
const MEMORY = 16 * MIB;

export const encryptedType: MachineType = defineMachineType({
  ...q35,
  plugins: [memoryBackend, sev, pcMemory, x86Cpu, fwCfg, romLoader, pcDimm, migration],
  offers: [],
  devices: [],
});

/** What the key `sev` of a definition says. */
export interface SevKey {
  readonly host?: { readonly [name: string]: unknown } | undefined;
  readonly firmware?: string;
  readonly faults?: readonly unknown[];
}

export interface EncryptedOptions {
  readonly type?: "sev-guest" | "sev-snp-guest";
  /** Of the object. */
  readonly guest?: OptionValues;
  readonly sev?: SevKey;
  readonly objects?: readonly ObjectDefinition[];
  readonly machine?: OptionValues;
  readonly cpu?: Partial<NonNullable<TestMachineOptions["cpu"]>>;
}

/** With a host unless told otherwise; its keys come of a seed. */
export function encrypted(options: EncryptedOptions = {}): TestMachineOptions {
  const { type = "sev-guest", guest = {}, sev: key = {}, objects = [], machine = {}, cpu } = options;
  const host = "host" in key ? key.host : {};
  const value = { ...key, ...(host === undefined ? {} : { host: { seed: "backplane", ...host } }) };
  if (host === undefined) delete (value as { host?: unknown }).host;
  return {
    type: encryptedType,
    machine: { type: encryptedType.name, properties: { "confidential-guest-support": "sev0", ...machine } },
    memory: { size: MEMORY, slots: 4, maxSize: 8 * MEMORY },
    cpu: { topology: {}, ...cpu },
    objects: [{ type, id: "sev0", properties: { cbitpos: 51, "reduced-phys-bits": 1, ...guest } }, ...objects],
    options: { sev: { value } },
  };
}

export async function run(machine: Machine, name: string, args: JsonObject = {}): Promise<JsonObject> {
  const command = machine.service(COMMANDS).find(name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  const reply = await command.run(checkArguments(command.arguments, args) as never, {
    id: "test",
    onClose: () => ({ dispose: () => undefined }),
  });
  return (reply ?? {}) as JsonObject;
}

/** Bytes that a reply has in base64. */
export function bytesOf(reply: JsonObject, name = "data"): Buffer {
  const value = reply[name];
  if (typeof value !== "string") throw new Error(`the reply has no text '${name}'`);
  return Buffer.from(value, "base64");
}
