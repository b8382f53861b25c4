/** Why a request was blocked: VT-d specification 4.1 §7.1.3, with the numbers of its appendix A. */
export const FAULT = {
  none: 0,
  rootAbsent: 0x01,
  contextAbsent: 0x02,
  contextInvalid: 0x03,
  beyondWidth: 0x04,
  noWrite: 0x05,
  noRead: 0x06,
  pagingUnreadable: 0x07,
  rootUnreadable: 0x08,
  contextUnreadable: 0x09,
  rootReserved: 0x0a,
  contextReserved: 0x0b,
  pagingReserved: 0x0c,
  messageRange: 0x0e,
  requestReserved: 0x20,
  indexBeyond: 0x21,
  remappingAbsent: 0x22,
  remappingUnreadable: 0x23,
  remappingReserved: 0x24,
  sourceInvalid: 0x26,
  directoryUnreadable: 0x50,
  directoryAbsent: 0x51,
  pasidUnreadable: 0x58,
  pasidAbsent: 0x59,
  pasidInvalid: 0x5b,
  firstUnreadable: 0x70,
  firstAbsent: 0x71,
  firstReserved: 0x72,
  firstPointerInvalid: 0x73,
  notCanonical: 0x80,
  supervisorOnly: 0x81,
  firstNoWrite: 0x85,
  scalableMessageRange: 0x87,
  flagsNotWritten: 0x91,
} as const;

export type FaultReason = (typeof FAULT)[keyof typeof FAULT];

/**
 * The others are qualified: told only where the entry by which the request was processed does not disable the
 * processing of faults. These say that no such entry could be read.
 */
const UNQUALIFIED: ReadonlySet<FaultReason> = new Set<FaultReason>([
  FAULT.rootAbsent,
  FAULT.rootUnreadable,
  FAULT.contextUnreadable,
  FAULT.rootReserved,
  // Qualified in the specification, not in the peer.
  FAULT.contextReserved,
  FAULT.directoryUnreadable,
  FAULT.pasidUnreadable,
]);

export const isQualified = (reason: FaultReason): boolean => !UNQUALIFIED.has(reason);
