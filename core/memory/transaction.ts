/**
 * How an access went, as bits: 0 is well. Guest faults are data, so nothing is thrown; the value read is defined anyway.
 * Who only emulates a processor may ignore it; bus masters and qtest look.
 */
export type AccessResult = number;

export const ACCESS_OK = 0;
/** The device answered with an error. */
export const ACCESS_ERROR = 1;
/** Nothing stands there, the device takes no such access, or an IOMMU let nothing through. */
export const ACCESS_DECODE_ERROR = 2;
/** The access was for memory only, and a device stands there. */
export const ACCESS_REFUSED = 4;

/** What a device may say of a write that went wrong. */
export type AccessFault = typeof ACCESS_ERROR | typeof ACCESS_DECODE_ERROR | typeof ACCESS_REFUSED;

/** What a device's `read` returns when it answers with an error; the reader sees 0 and `ACCESS_ERROR`. */
export const READ_FAILED: number = Number.NaN;

/**
 * Who makes an access, and how: bits, so that it costs nothing to pass along. The low 16 bits are the requester's bus
 * number and function where `ACCESS_HAS_REQUESTER` is set.
 */
export type AccessAttributes = number;

export const ACCESS_UNSPECIFIED: AccessAttributes = 0;
export const ACCESS_HAS_REQUESTER = 0x1_0000;
/** A processor's own access: it minds a view's read-only ranges (PAM), which devices write through. */
export const ACCESS_BY_PROCESSOR = 0x2_0000;
/** Refused by everything that is not RAM. */
export const ACCESS_MEMORY_ONLY = 0x4_0000;
/** A loader or debugger: it writes ROM as well, and its writes reach no device. */
export const ACCESS_DEBUG = 0x8_0000;

/** A PCI function's accesses: `bus` and `devfn` as in its requester id. */
export function accessBy(requester: number): AccessAttributes {
  return ACCESS_HAS_REQUESTER | (requester & 0xffff);
}

/** The requester id of an access; undefined when nobody said. */
export function requesterOf(attributes: AccessAttributes): number | undefined {
  return (attributes & ACCESS_HAS_REQUESTER) === 0 ? undefined : attributes & 0xffff;
}

/** What the accesses of one machine have in common: the result of the latest. Nested accesses finish first. */
export interface AccessOutcome {
  result: AccessResult;
}
