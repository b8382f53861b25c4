// Commands of the NVM command set (NVM Express 1.4 §6).
import { DEALLOCATE, DO_NOT_RETRY, DSM_DEALLOCATE, FORCE_UNIT_ACCESS, NVM, STATUS } from "../../nvm-express.ts";
import type { DeviceBus } from "../function.ts";
import { SUCCESS, type Command, type Completion } from "./command.ts";
import type { Usage } from "./identify.ts";
import type { MediumFault } from "./medium.ts";
import type { Namespace } from "./namespace.ts";
import { transfer } from "./prp.ts";

const RANGE = 16;

/** What a command may use while it runs. */
export interface IoContext {
  readonly namespaces: readonly Namespace[];
  readonly pageSize: number;
  /** Bytes of the largest transfer. */
  readonly maxTransfer: number;
  readonly isWriteCached: boolean;
  readonly bus: DeviceBus;
  readonly usage: Usage;
  /** The controller was reset meanwhile: what is still to be done is left. */
  readonly isGone: () => boolean;
}

const refuse = (status: number): Completion => ({ status: status | DO_NOT_RETRY });
const at = (status: number): Completion => (status === STATUS.success ? SUCCESS : { status });

export async function runIoCommand(command: Command, context: IoContext): Promise<Completion> {
  if (command.flags !== 0) return refuse(STATUS.invalidField);
  const namespace = context.namespaces[command.namespace - 1];
  switch (command.opcode) {
    case NVM.flush:
      return flush(command, context);
    case NVM.read:
    case NVM.write:
    case NVM.compare:
    case NVM.writeZeroes:
    case NVM.datasetManagement:
      break;
    default:
      return refuse(STATUS.invalidOpcode);
  }
  if (namespace === undefined) return refuse(STATUS.invalidNamespace);
  if (command.opcode === NVM.datasetManagement) return manageDataset(command, namespace, context);
  return onBlocks(command, namespace, context);
}

async function flush(command: Command, { namespaces }: IoContext): Promise<Completion> {
  const all = command.namespace === 0xffff_ffff;
  const chosen = namespaces.filter(({ id }) => all || id === command.namespace);
  if (chosen.length === 0) return refuse(STATUS.invalidNamespace);
  for (const namespace of chosen) if ((await namespace.flush()) !== undefined) return at(STATUS.writeFault);
  return SUCCESS;
}

async function onBlocks(command: Command, namespace: Namespace, context: IoContext): Promise<Completion> {
  const block = command.wide(10);
  const count = (command.dword(12) & 0xffff) + 1;
  const length = count * namespace.blockSize;
  const { opcode } = command;
  const writes = opcode === NVM.write || opcode === NVM.writeZeroes;
  if (!namespace.holds(block, count)) return refuse(STATUS.lbaOutOfRange);
  if (writes && namespace.readOnly) return refuse(STATUS.writeProtected);
  if (opcode === NVM.writeZeroes) return writeZeroes(command, namespace, block, count, context);
  if (length > context.maxTransfer) return refuse(STATUS.invalidField);
  // The controller's own memory, from which data goes to the medium and to the host.
  const bytes = new Uint8Array(length);
  if (opcode === NVM.read) return read(command, namespace, block, bytes, context);
  const fetched = transfer(command, bytes, "from-host", context.pageSize, context.bus);
  if (fetched !== STATUS.success) return at(fetched);
  if (opcode === NVM.compare) return compare(namespace, block, bytes, context);
  context.usage.writes++;
  context.usage.bytesWritten += length;
  const fault = await namespace.write(block, bytes);
  return written(fault, command, namespace, context);
}

async function read(
  command: Command,
  namespace: Namespace,
  block: number,
  bytes: Uint8Array,
  { usage, pageSize, bus, isGone }: IoContext,
): Promise<Completion> {
  usage.reads++;
  usage.bytesRead += bytes.length;
  if ((await namespace.read(block, bytes)) !== undefined) {
    usage.mediaErrors++;
    return at(STATUS.unrecoveredRead);
  }
  if (isGone()) return SUCCESS;
  return at(transfer(command, bytes, "to-host", pageSize, bus));
}

async function compare(
  namespace: Namespace,
  block: number,
  expected: Uint8Array,
  { usage }: IoContext,
): Promise<Completion> {
  const bytes = new Uint8Array(expected.length);
  if ((await namespace.read(block, bytes)) !== undefined) {
    usage.mediaErrors++;
    return at(STATUS.unrecoveredRead);
  }
  return Buffer.compare(bytes, expected) === 0 ? SUCCESS : refuse(STATUS.compareFailure);
}

async function writeZeroes(
  command: Command,
  namespace: Namespace,
  block: number,
  count: number,
  context: IoContext,
): Promise<Completion> {
  // Deallocated blocks read as zeroes, so that both ways come to the same.
  const mayDeallocate = (command.dword(12) & DEALLOCATE) !== 0;
  if (!mayDeallocate) context.usage.writes++;
  const fault = await namespace.writeZeroes(block, count);
  return written(fault, command, namespace, context);
}

async function written(
  fault: MediumFault,
  command: Command,
  namespace: Namespace,
  { isWriteCached, usage }: IoContext,
): Promise<Completion> {
  const isForced = (command.dword(12) & FORCE_UNIT_ACCESS) !== 0 || !isWriteCached;
  const failed = fault ?? (isForced ? await namespace.flush() : undefined);
  if (failed === undefined) return SUCCESS;
  usage.mediaErrors++;
  return at(STATUS.writeFault);
}

/** Only deallocation is more than a hint (§6.7). */
async function manageDataset(command: Command, namespace: Namespace, context: IoContext): Promise<Completion> {
  const ranges = new DataView(new ArrayBuffer(((command.dword(10) & 0xff) + 1) * RANGE));
  const bytes = new Uint8Array(ranges.buffer);
  const fetched = transfer(command, bytes, "from-host", context.pageSize, context.bus);
  if (fetched !== STATUS.success) return at(fetched);
  if ((command.dword(11) & DSM_DEALLOCATE) === 0) return SUCCESS;
  if (namespace.readOnly) return refuse(STATUS.writeProtected);
  const stretches = Array.from({ length: ranges.byteLength / RANGE }, (_, index) => ({
    count: ranges.getUint32(index * RANGE + 4, true),
    block: ranges.getUint32(index * RANGE + 8, true) + ranges.getUint32(index * RANGE + 12, true) * 2 ** 32,
  }));
  if (!stretches.every(({ block, count }) => namespace.holds(block, count))) return refuse(STATUS.lbaOutOfRange);
  for (const { block, count } of stretches) {
    if (context.isGone()) return SUCCESS;
    if ((await namespace.writeZeroes(block, count)) !== undefined) return at(STATUS.writeFault);
  }
  return SUCCESS;
}
