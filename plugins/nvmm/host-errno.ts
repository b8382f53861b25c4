import type { HostCallError } from "backplane";

/** Of the errors that NVMM gives, the one whose number differs: NetBSD, sys/sys/errno.h. */
const NETBSD_ENOBUFS = 55;

/** The number that the peer prints: it runs on NetBSD. */
export function netbsdErrno({ code, errno }: HostCallError): number {
  return code === "ENOBUFS" ? NETBSD_ENOBUFS : errno;
}
