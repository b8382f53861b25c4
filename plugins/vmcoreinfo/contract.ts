/** Where a guest's kernel has put the note that tools need to read its memory. */
import { token } from "backplane";

/** What the guest has written into `etc/vmcoreinfo`; all but `hostFormat` are its. */
export interface VmcoreinfoNote {
  /** 1: an ELF note. */
  readonly hostFormat: number;
  readonly guestFormat: number;
  readonly size: number;
  readonly address: bigint;
}

export interface Vmcoreinfo {
  /** Undefined without the device, and until the guest has written a whole note of a format that is not "none". */
  readonly note: VmcoreinfoNote | undefined;
}

export const VMCOREINFO = token<Vmcoreinfo>("VMCOREINFO");
