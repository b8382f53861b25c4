import { hostFaultsOption } from "backplane";
import * as v from "valibot";

const natural = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));

/** The modelled KVM, processor and firmware. Its presence is what switches KVM on. */
export const hostOptions = v.strictObject({
  /** The firmware's version. */
  apiMajor: v.optional(natural(255), 1),
  apiMinor: v.optional(natural(255), 55),
  buildId: v.optional(natural(255), 21),
  /** Bytes that may be pinned (RLIMIT_MEMLOCK); absent: the process may pin without limit (CAP_IPC_LOCK). */
  memlockLimit: v.optional(natural(Number.MAX_SAFE_INTEGER)),
  cBitPosition: v.optional(natural(63), 51),
  sev: v.optional(v.boolean(), true),
  es: v.optional(v.boolean(), true),
  snp: v.optional(v.boolean(), true),
  /** Types of virtual machines beyond the default one (kernel 6.10): without, only `legacy-vm-type=on` or `auto` works. */
  vmTypes: v.optional(v.boolean(), true),
  /**
   * Whose save areas are measured: from 6.10 on Linux copies the FPU's state into them, except for the default type of
   * virtual machine. The kernels before it that run SNP guests are AMD's own.
   */
  kernel: v.optional(v.picklist(["6.11", "before-6.10"]), "6.11"),
  /** Address space identifiers that are free for guests. */
  asids: v.optional(natural(65535), 509),
  /** Where the device file is. */
  device: v.optional(v.string(), "/dev/sev"),
  /** Keys, nonces and identities come of it, so that runs can be repeated; absent: they are random. */
  seed: v.optional(v.string()),
});

export const sevOptions = v.strictObject({
  host: v.optional(hostOptions),
  /** A firmware image (OVMF) that an encrypted guest starts with. */
  firmware: v.optional(v.pipe(v.string(), v.minLength(1))),
  faults: hostFaultsOption,
});

export type HostOptions = v.InferOutput<typeof hostOptions>;
export type SevOptions = v.InferOutput<typeof sevOptions>;
