// Numbers of the NVM Express base specification, revision 1.4, that a controller and its driver share.

/** Controller registers (§3.1). */
export const REGISTER = {
  cap: 0x00,
  vs: 0x08,
  intms: 0x0c,
  intmc: 0x10,
  cc: 0x14,
  csts: 0x1c,
  aqa: 0x24,
  asq: 0x28,
  acq: 0x30,
  doorbells: 0x1000,
} as const;

/** CC (§3.1.5). */
export const CC_ENABLE = 1;
export const CC_SQ_ENTRY_64 = 6 << 16;
export const CC_CQ_ENTRY_16 = 4 << 20;

/** CSTS (§3.1.6). */
export const CSTS_READY = 1;
export const CSTS_FATAL = 2;
export const CSTS_SHUTDOWN_OCCURRING = 1 << 2;
export const CSTS_SHUTDOWN_COMPLETE = 2 << 2;

export const SQ_ENTRY = 64;
export const CQ_ENTRY = 16;
export const IDENTIFY_LENGTH = 4096;

/** Admin commands (§5). */
export const ADMIN = {
  deleteSq: 0x00,
  createSq: 0x01,
  getLogPage: 0x02,
  deleteCq: 0x04,
  createCq: 0x05,
  identify: 0x06,
  abort: 0x08,
  setFeatures: 0x09,
  getFeatures: 0x0a,
  asyncEvent: 0x0c,
} as const;

/** Commands of the NVM command set (§6). */
export const NVM = {
  flush: 0x00,
  write: 0x01,
  read: 0x02,
  compare: 0x05,
  writeZeroes: 0x08,
  datasetManagement: 0x09,
} as const;

/** Optional commands (ONCS in §5.15.2.1). */
export const ONCS = { compare: 0x1, datasetManagement: 0x4, writeZeroes: 0x8 } as const;

/** Command Dword 12 of writes, and of write zeroes (§6.15, §6.16). */
export const FORCE_UNIT_ACCESS = 0x4000_0000;
export const DEALLOCATE = 0x0200_0000;
/** Command Dword 11 of dataset management (§6.7). */
export const DSM_DEALLOCATE = 0x4;

export const CREATE_CONTIGUOUS = 0x1;
export const CREATE_INTERRUPTS = 0x2;

/** Identify's data structures (§5.15.1). */
export const CNS = { namespace: 0, controller: 1, activeNamespaces: 2, descriptors: 3 } as const;

/** Features (§5.21.1). */
export const FEATURE = {
  arbitration: 0x01,
  powerManagement: 0x02,
  temperature: 0x04,
  errorRecovery: 0x05,
  writeCache: 0x06,
  queues: 0x07,
  coalescing: 0x08,
  vector: 0x09,
  writeAtomicity: 0x0a,
  asyncEvents: 0x0b,
} as const;

/**
 * Status Code Type and Status Code (§4.6.1), as `type << 8 | code`. `DO_NOT_RETRY` says that the same command would fail
 * again.
 */
export const STATUS = {
  success: 0x000,
  invalidOpcode: 0x001,
  invalidField: 0x002,
  cidConflict: 0x003,
  dataTransferError: 0x004,
  internalError: 0x006,
  abortedByDeletion: 0x008,
  invalidNamespace: 0x00b,
  sequenceError: 0x00c,
  prpOffsetInvalid: 0x013,
  writeProtected: 0x020,
  lbaOutOfRange: 0x080,
  cqInvalid: 0x100,
  queueIdentifierInvalid: 0x101,
  queueSizeInvalid: 0x102,
  asyncEventLimit: 0x105,
  vectorInvalid: 0x108,
  logPageInvalid: 0x109,
  queueDeletionInvalid: 0x10c,
  featureNotSaveable: 0x10d,
  featureNotChangeable: 0x10e,
  writeFault: 0x280,
  unrecoveredRead: 0x281,
  compareFailure: 0x285,
} as const;
export const DO_NOT_RETRY = 0x4000;

/** Bits 15:8 up to bit 12 of a status without its phase: type and code. */
export const STATUS_MASK = 0x7ff;

export const ALL_NAMESPACES = 0xffff_ffff;

/** Where a doorbell stands: submission tails and completion heads alternate (§3.1.24, §3.1.25). */
export function doorbell(queue: number, kind: "sq" | "cq", stride: number): number {
  return REGISTER.doorbells + (2 * queue + (kind === "sq" ? 0 : 1)) * (4 << stride);
}
