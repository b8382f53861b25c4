import type { CpuIdentity } from "backplane/plugins/x86-cpu/contract";
import type { EntryPointKind } from "./entry-point.ts";
import { HANDLES } from "./handles.ts";
import { Structure } from "./structure.ts";
import type { Identity } from "./system-structures.ts";
import type { UserFields } from "./user-fields.ts";

export interface ProcessorFacts {
  readonly identity: CpuIdentity;
  readonly coresPerSocket: number;
  readonly threadsPerSocket: number;
}

/** 8-bit counts: this value says "see the 16-bit ones", which a table of version 2.8 does not have. */
export const COUNT_LIMIT = 0xff;
const TYPE_CPU = 3;
const FAMILY_IN_FAMILY_2 = 0xfe;
const FAMILY_OTHER = 1n;
const POPULATED_AND_ENABLED = 0x41;
const UPGRADE_OTHER = 1;
const NO_CACHE = 0xffff;
const CHARACTERISTICS_UNKNOWN = 1 << 1;
/** Zero would be "unknown", which Windows' certification does not accept. */
export const DEFAULT_SPEED_MHZ = 2000n;

/** §7.5, processor information (type 4): one for each socket, populated or not. */
export function processor(
  socket: number,
  fields: UserFields,
  machine: Identity,
  facts: ProcessorFacts,
  kind: EntryPointKind,
): Uint8Array {
  const { identity, coresPerSocket, threadsPerSocket } = facts;
  const fromCpu = (BigInt(identity.features) << 32n) | BigInt(identity.signature);
  const given = fields.number(4, "processor-id") ?? 0n;
  const cores = Math.min(coresPerSocket, COUNT_LIMIT);
  const structure = new Structure(4, HANDLES.processor + socket)
    .text(`${fields.text(4, "sock_pfx") ?? "CPU"}${socket.toString(16).padStart(2)}`)
    .u8(TYPE_CPU)
    .u8(FAMILY_IN_FAMILY_2)
    .text(fields.text(4, "manufacturer") ?? machine.manufacturer)
    .u64(given === 0n ? fromCpu : given)
    .text(fields.text(4, "version") ?? machine.version)
    .u8(0)
    .u16(0)
    .u16(word(fields.number(4, "max-speed") ?? DEFAULT_SPEED_MHZ))
    .u16(word(fields.number(4, "current-speed") ?? DEFAULT_SPEED_MHZ))
    .u8(POPULATED_AND_ENABLED)
    .u8(UPGRADE_OTHER)
    .u16(NO_CACHE)
    .u16(NO_CACHE)
    .u16(NO_CACHE)
    .text(fields.text(4, "serial"))
    .text(fields.text(4, "asset"))
    .text(fields.text(4, "part"))
    .u8(cores)
    .u8(cores)
    .u8(Math.min(threadsPerSocket, COUNT_LIMIT))
    .u16(CHARACTERISTICS_UNKNOWN)
    .u16(word(fields.number(4, "processor-family") ?? FAMILY_OTHER));
  if (kind === "64") structure.u16(coresPerSocket).u16(coresPerSocket).u16(threadsPerSocket);
  return structure.finish();
}

function word(value: bigint): number {
  return Number(BigInt.asUintN(16, value));
}
