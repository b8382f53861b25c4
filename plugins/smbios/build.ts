import { COUNT_LIMIT, processor, type ProcessorFacts } from "./processor-structure.ts";
import { smbiosErrors } from "./errors.ts";
import { entryPoint, MAX_LENGTH_32, type EntryPointKind } from "./entry-point.ts";
import { memoryStructures, type MemoryFacts } from "./memory-structures.ts";
import {
  baseboard,
  biosInformation,
  bootInformation,
  chassis,
  endOfTable,
  systemInformation,
  type Identity,
} from "./system-structures.ts";
import type { UserFields } from "./user-fields.ts";
import { connector, oemStrings } from "./user-structures.ts";

export interface SmbiosFacts {
  readonly machine: Identity;
  readonly uuid: Uint8Array;
  readonly sockets: number;
  readonly processor: ProcessorFacts;
  readonly memory: MemoryFacts;
}

export interface SmbiosTables {
  readonly tables: Uint8Array;
  readonly anchor: Uint8Array;
}

function structures(facts: SmbiosFacts, fields: UserFields, kind: EntryPointKind): Uint8Array[] {
  const { machine } = facts;
  const processors = Array.from({ length: facts.sockets }, (_, socket) => socket);
  return [
    ...fields.files,
    ...fields.ifGiven(0, () => [biosInformation(fields)]),
    ...fields.unlessFile(1, () => [systemInformation(fields, machine, facts.uuid)]),
    ...fields.ifGiven(2, () => [baseboard(fields, machine)]),
    ...fields.unlessFile(3, () => [chassis(fields, machine)]),
    ...fields.unlessFile(4, () => processors.map((at) => processor(at, fields, machine, facts.processor, kind))),
    ...fields.unlessFile(8, () => fields.connectors.map((given, at) => connector(at, given))),
    ...fields.unlessFile(11, () => (fields.oemStrings.length === 0 ? [] : [oemStrings(fields.oemStrings)])),
    ...memoryStructures(facts.memory, fields, machine),
    ...fields.unlessFile(32, () => [bootInformation()]),
    ...fields.unlessFile(127, () => [endOfTable()]),
  ];
}

function build(facts: SmbiosFacts, fields: UserFields, kind: EntryPointKind): SmbiosTables {
  const { coresPerSocket, threadsPerSocket } = facts.processor;
  const described = fields.unlessFile(4, () => [Math.max(coresPerSocket, threadsPerSocket)]);
  if (kind === "32" && described.some((count) => count >= COUNT_LIMIT)) throw smbiosErrors.SMBIOS_PROCESSORS();
  const all = structures(facts, fields, kind);
  const tables = Buffer.concat(all);
  if (kind === "32" && tables.length > MAX_LENGTH_32) throw smbiosErrors.SMBIOS_LENGTH(tables.length, MAX_LENGTH_32);
  return { tables, anchor: entryPoint(kind, all) };
}

/** All structures and their entry point. `auto` is 32 bits wide where that can tell everything. */
export function buildSmbios(facts: SmbiosFacts, fields: UserFields, kind: EntryPointKind | "auto"): SmbiosTables {
  if (kind !== "auto") return build(facts, fields, kind);
  try {
    return build(facts, fields, "32");
  } catch {
    return build(facts, fields, "64");
  }
}
