// What a machine with encrypted memory asks of its host, and what its firmware is for it. Specifications: AMD SEV API
// (publication 55766), AMD SEV-SNP ABI (56860), Linux's Documentation/virt/kvm/x86/amd-memory-encryption.rst.
import {
  HostCallError,
  token,
  type Disposable,
  type GuestAddress,
  type HostAddress,
  type HostErrno,
  type MemoryRegion,
} from "backplane";

/** What the firmware said to a command that failed (`SEV_RET_…` of psp-sev.h). */
export class FirmwareCommandError extends HostCallError {
  /** 0: the command did not get as far as the firmware. */
  readonly firmwareError: number;

  constructor(call: string, code: HostErrno, firmwareError: number) {
    super(call, code);
    this.firmwareError = firmwareError;
  }
}

/** Types of virtual machines (`KVM_X86_…_VM`). `default` is encrypted by the older `KVM_SEV_INIT`. */
export type KvmVmType = "default" | "sev" | "sev-es" | "snp";

/** What a processor is when it is started: as much of it as a save area of an encrypted one shows. */
export interface VcpuState {
  /** EDX: family, model and stepping. */
  readonly signature: number;
  /** The base of CS, and EIP. */
  readonly codeBase: number;
  readonly instruction: number;
}

/** `SEV_PLATFORM_STATUS`. */
export interface PlatformStatus {
  readonly apiMajor: number;
  readonly apiMinor: number;
  readonly build: number;
  /** SEV-ES is configured. */
  readonly isEsEnabled: boolean;
}

/** `/dev/sev`, opened. All calls throw `FirmwareCommandError`. */
export interface SevDevice extends Disposable {
  platformStatus(): PlatformStatus;
  /** `SEV_PDH_CERT_EXPORT`. */
  exportCertificates(): { readonly pdh: Uint8Array; readonly chain: Uint8Array };
  /** `SEV_GET_ID2`: the chip's. */
  chipId(): Uint8Array;
}

export interface LaunchStart {
  /** 0: a new guest. */
  readonly handle: number;
  readonly policy: number;
  /** The guest owner's Diffie-Hellman certificate. */
  readonly certificate: Uint8Array | undefined;
  readonly session: Uint8Array | undefined;
}

export interface LaunchSecret {
  readonly header: Uint8Array;
  /** Encrypted for transport. */
  readonly data: Uint8Array;
  readonly address: HostAddress;
}

export type SnpPageType = "normal" | "zero" | "unmeasured" | "secrets" | "cpuid";

export interface SnpLaunchStart {
  readonly policy: bigint;
  /** 16 bytes. */
  readonly guestVisibleWorkarounds: Uint8Array;
}

export interface SnpLaunchUpdate {
  readonly guestAddress: GuestAddress;
  /** Where the contents are; unused for zero pages. */
  readonly address: HostAddress;
  readonly length: number;
  readonly type: SnpPageType;
}

export interface SnpLaunchFinish {
  readonly idBlock: Uint8Array | undefined;
  readonly idAuth: Uint8Array | undefined;
  readonly isAuthorKeyEnabled: boolean;
  readonly isVcekDisabled: boolean;
  /** 32 bytes. */
  readonly hostData: Uint8Array;
}

/**
 * A virtual machine of KVM with AMD's memory encryption: the ioctls that the original issues. A call that fails throws a
 * `HostCallError`, a command that the firmware refuses a `FirmwareCommandError`, having changed nothing. Disposing
 * destroys the virtual machine: what is still registered is unpinned, the guest's keys are gone.
 */
export interface KvmHost extends Disposable {
  /** `KVM_MEMORY_ENCRYPT_OP` without a command succeeds. */
  readonly isSevEnabled: boolean;
  /** CPUID 0x8000001F EBX[5:0]. */
  readonly cBitPosition: number;
  supports(type: KvmVmType): boolean;
  /** `KVM_CREATE_VM`, before anything else. */
  createVm(type: KvmVmType): void;
  /** `KVM_CREATE_VCPU` and the registers. Asked for when the processors are measured. */
  setVcpus(states: () => readonly VcpuState[]): void;
  /** Memory of the guest is pinned until it is unregistered: `KVM_MEMORY_ENCRYPT_REG_REGION`. */
  registerRegion(address: HostAddress, length: number): void;
  unregisterRegion(address: HostAddress, length: number): void;
  /** `KVM_SET_MEMORY_ATTRIBUTES`: guest addresses become private. */
  setPrivate(address: GuestAddress, length: number): void;

  openDevice(path: string): SevDevice;
  /** `KVM_SEV_INIT`, `KVM_SEV_ES_INIT`. */
  initialize(isEs: boolean): void;
  /** `KVM_SEV_INIT2`, for types of virtual machines other than `default`. */
  initialize2(): void;
  /** Returns the guest's handle. */
  launchStart(start: LaunchStart): number;
  launchUpdateData(address: HostAddress, length: number): void;
  launchUpdateVmsa(): void;
  /** The measurement and the nonce that is part of it. */
  launchMeasure(): Uint8Array;
  launchFinish(): void;
  launchSecret(secret: LaunchSecret): void;
  guestStatus(): { readonly handle: number; readonly policy: number; readonly state: number };
  /** `nonce` is 16 bytes. */
  attestationReport(nonce: Uint8Array): Uint8Array;
  snpLaunchStart(start: SnpLaunchStart): void;
  snpLaunchUpdate(update: SnpLaunchUpdate): void;
  snpLaunchFinish(finish: SnpLaunchFinish): void;
  /** CPUID leaves as KVM reports them to a guest, for its CPUID page. */
  cpuidLeaves(): readonly CpuidLeaf[];
}

export interface CpuidLeaf {
  readonly leaf: number;
  readonly index: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Makes the host's side of a machine's virtual machine. Provided by a plugin that has a real KVM, in place of the model. */
export interface KvmHosts {
  open(): Promise<KvmHost> | KvmHost;
}

export const KVM_HOSTS = token<KvmHosts>("KVM_HOSTS");

/** What other accelerators must know of this one. */
export interface Kvm {
  /** The machine has a KVM: a machine's hypervisor is one. */
  readonly isThere: boolean;
}

export const KVM = token<Kvm>("KVM");

/**
 * Firmware of a guest whose memory is encrypted. It is no ROM: it is laid once, measured, and encrypted; no reset brings
 * it back.
 */
export interface MeasuredFirmware {
  /** The machine is confidential. Asked at the phase `board`. */
  readonly isWanted: boolean;
  /** A whole number of 64 KiB; undefined: the firmware is a program of the host. */
  readonly image: Uint8Array | undefined;
  /** The contents stand in the region's block. Throws what the machine cannot start with. */
  laid(region: MemoryRegion, address: GuestAddress): void;
}

export const MEASURED_FIRMWARE = token<MeasuredFirmware>("MEASURED_FIRMWARE");

export const SEV_STATES = [
  "uninit",
  "launch-update",
  "launch-secret",
  "running",
  "send-update",
  "receive-update",
] as const;
export type SevState = (typeof SEV_STATES)[number];
