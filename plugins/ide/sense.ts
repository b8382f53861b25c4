// Sense keys and additional sense codes: SPC-3 (T10/1416-D) §4.5.6.
export const SENSE = { none: 0, notReady: 2, illegalRequest: 5, unitAttention: 6 } as const;
export const ASC = {
  illegalCommand: 0x20,
  outOfRange: 0x21,
  invalidField: 0x24,
  mediumChanged: 0x28,
  incompatibleFormat: 0x30,
  savingUnsupported: 0x39,
  mediumNotPresent: 0x3a,
  dataPhase: 0x4b,
  removalPrevented: 0x53,
} as const;
