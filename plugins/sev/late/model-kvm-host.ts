// The part of Linux's KVM that encrypted guests need (arch/x86/kvm/svm/sev.c of 6.11; Documentation/virt/kvm/x86/
// amd-memory-encryption.rst): arguments, limits and error numbers. What the firmware then does is in the contexts.
import {
  HostCallError,
  HostCalls,
  type GuestAddress,
  type HostAddress,
  type HostAddressSpace,
  type HostFault,
  type HostResources,
} from "backplane";
import {
  FirmwareCommandError,
  type CpuidLeaf,
  type KvmHost,
  type KvmVmType,
  type LaunchSecret,
  type LaunchStart,
  type SevDevice,
  type SnpLaunchFinish,
  type SnpLaunchStart,
  type SnpLaunchUpdate,
  type VcpuState,
} from "../contract.ts";
import { FIRMWARE } from "../firmware-error.ts";
import type { HostOptions } from "../options.ts";
import { KVM_CALLS, type KvmCall } from "./kvm-calls.ts";
import { openModelDevice } from "./model-device.ts";
import { PinnedPages } from "./pinned-pages.ts";
import { PinnedRegions } from "./pinned-regions.ts";
import { PrivatePages } from "./private-pages.ts";
import { saveArea, SNP_ACTIVE } from "./save-area.ts";
import { SecureProcessor } from "./secure-processor.ts";
import { SevContext } from "./sev-context.ts";
import { SnpContext } from "./snp-context.ts";

const PAGE = 4096;
/** SEV_FW_BLOB_MAX_SIZE: what the kernel copies for the firmware. */
const MOST_BLOB = 16 * 1024;
const STEP = 64 * 1024;
/** Bits of a policy that have a meaning, the one that must be set, and the one that KVM does not allow. */
const SNP_POLICY_VALID = 0x1f_ffffn;
const SNP_POLICY_RESERVED_ONE = 0x2_0000n;
const SNP_POLICY_SINGLE_SOCKET = 0x10_0000n;

export interface ModelRequest {
  readonly options: Partial<HostOptions>;
  readonly faults: readonly HostFault[];
  readonly addresses: HostAddressSpace;
  readonly resources: HostResources;
}

const DEFAULTS: HostOptions = {
  apiMajor: 1,
  apiMinor: 55,
  buildId: 21,
  memlockLimit: undefined,
  cBitPosition: 51,
  sev: true,
  es: true,
  snp: true,
  vmTypes: true,
  asids: 509,
  device: "/dev/sev",
  seed: undefined,
};

/** A virtual machine of a KVM that is modelled. */
export class ModelKvmHost implements KvmHost {
  readonly #options: HostOptions;
  readonly #calls: HostCalls<KvmCall>;
  readonly #addresses: HostAddressSpace;
  readonly #processor: SecureProcessor;
  readonly #pinned: PinnedPages;
  readonly #regions: PinnedRegions;
  readonly #pages = new PrivatePages();
  readonly #accounts: readonly { dispose(): unknown }[];
  #openDevices = 0;
  #vcpus: () => readonly VcpuState[] = () => [];
  #type: KvmVmType = "default";
  #guest: "none" | "sev" | "es" | "snp" = "none";
  #sev: SevContext | undefined;
  #snp: SnpContext | undefined;

  constructor({ options, faults, addresses, resources }: ModelRequest) {
    this.#options = { ...DEFAULTS, ...options };
    this.#calls = new HostCalls("sev", KVM_CALLS, faults);
    this.#addresses = addresses;
    this.#processor = new SecureProcessor(this.#options);
    this.#pinned = new PinnedPages(addresses, this.#options.memlockLimit);
    this.#regions = new PinnedRegions(this.#pinned);
    this.#accounts = [
      resources.add({ name: "sev regions", outstanding: () => this.#regions.all().length }),
      resources.add({ name: "sev pinned bytes", outstanding: () => this.#pinned.bytes }),
      resources.add({ name: "sev devices", outstanding: () => this.#openDevices }),
    ];
  }

  get isSevEnabled(): boolean {
    return this.#options.sev;
  }

  get cBitPosition(): number {
    return this.#options.sev ? this.#options.cBitPosition : 0;
  }

  /** Bytes that are locked in memory now. */
  get pinnedBytes(): number {
    return this.#pinned.bytes;
  }

  /** What the firmware has measured: SHA-256 of a SEV guest, SHA-384 of an SNP guest. */
  get launchDigest(): Uint8Array | undefined {
    return this.#snp?.digest ?? this.#sev?.digest;
  }

  supports(type: KvmVmType): boolean {
    const { sev, es, snp, vmTypes } = this.#options;
    if (type === "default") return true;
    if (!sev || !vmTypes) return false;
    if (type === "sev") return true;
    return type === "sev-es" ? es : es && snp;
  }

  createVm(type: KvmVmType): void {
    if (!this.supports(type)) throw new HostCallError("createVm", "EINVAL");
    this.#type = type;
  }

  setVcpus(states: () => readonly VcpuState[]): void {
    this.#vcpus = states;
  }

  registerRegion(address: HostAddress, length: number): void {
    this.#enter("registerRegion", this.#guest !== "none");
    this.#regions.register(address, length);
  }

  unregisterRegion(address: HostAddress, length: number): void {
    this.#enter("unregisterRegion", this.#guest !== "none");
    this.#regions.unregister(address, length);
  }

  setPrivate(address: GuestAddress, length: number): void {
    this.#calls.enter("setPrivate");
    if (this.#type !== "snp") throw new HostCallError("setPrivate", "EINVAL");
    this.#pages.makePrivate(address, length);
  }

  openDevice(path: string): SevDevice {
    this.#calls.enter("openDevice");
    const { sev, device } = this.#options;
    if (!sev || path !== device) throw new HostCallError("openDevice", "ENOENT");
    this.#openDevices++;
    return openModelDevice(this.#processor, this.#calls, this.#options.es, () => void this.#openDevices--);
  }

  initialize(isEs: boolean): void {
    this.#enter("initialize", this.#options.sev);
    if (this.#type !== "default") throw new HostCallError("initialize", "EINVAL");
    this.#activate("initialize", isEs ? "es" : "sev");
  }

  initialize2(): void {
    this.#enter("initialize2", this.#options.sev);
    if (this.#type === "default") throw new HostCallError("initialize2", "EINVAL");
    this.#activate("initialize2", this.#type === "sev-es" ? "es" : this.#type);
  }

  launchStart(start: LaunchStart): number {
    this.#enterSev("launchStart");
    for (const blob of [start.certificate, start.session]) {
      if (blob !== undefined) checkBlob("launchStart", blob);
    }
    const context = this.#sev ?? new SevContext(this.#processor, this.#guest === "es");
    this.#answer("launchStart", context.start(start));
    this.#sev = context;
    return context.handle;
  }

  launchUpdateData(address: HostAddress, length: number): void {
    this.#enterSev("launchUpdateData");
    const context = this.#context("launchUpdateData");
    const pages = this.#pinned.pin("launchUpdateData", address, length);
    try {
      this.#answer("launchUpdateData", context.checkUpdate(address, length));
      const buffer = new Uint8Array(Math.min(length, STEP));
      for (let at = 0; at < length; at += STEP) {
        const part = buffer.subarray(0, Math.min(STEP, length - at));
        this.#addresses.read((address + at) as HostAddress, part);
        context.update(part);
      }
    } finally {
      this.#pinned.unpin(pages);
    }
  }

  launchUpdateVmsa(): void {
    this.#enterSev("launchUpdateVmsa");
    if (this.#guest !== "es") throw new HostCallError("launchUpdateVmsa", "ENOTTY");
    const context = this.#context("launchUpdateVmsa");
    this.#answer("launchUpdateVmsa", context.checkUpdate(0, PAGE));
    for (const vcpu of this.#vcpus()) context.update(saveArea(vcpu, 0));
  }

  launchMeasure(): Uint8Array {
    this.#enterSev("launchMeasure");
    return this.#result("launchMeasure", this.#context("launchMeasure").measure());
  }

  launchFinish(): void {
    this.#enterSev("launchFinish");
    this.#answer("launchFinish", this.#context("launchFinish").finish());
  }

  launchSecret({ header, data, address }: LaunchSecret): void {
    this.#enterSev("launchSecret");
    checkBlob("launchSecret", header);
    checkBlob("launchSecret", data);
    const pages = this.#pinned.pin("launchSecret", address, data.length);
    try {
      const secret = this.#result("launchSecret", this.#context("launchSecret").secret(header, data));
      this.#addresses.write(address, secret);
    } finally {
      this.#pinned.unpin(pages);
    }
  }

  guestStatus(): { readonly handle: number; readonly policy: number; readonly state: number } {
    this.#enterSev("guestStatus");
    const { handle, policy, state } = this.#context("guestStatus");
    return { handle, policy, state };
  }

  attestationReport(nonce: Uint8Array): Uint8Array {
    this.#enterSev("attestationReport");
    return this.#result("attestationReport", this.#context("attestationReport").report(nonce));
  }

  snpLaunchStart(start: SnpLaunchStart): void {
    this.#enterSnp("snpLaunchStart");
    const { policy } = start;
    const isValid =
      (policy & ~SNP_POLICY_VALID) === 0n &&
      (policy & SNP_POLICY_RESERVED_ONE) !== 0n &&
      (policy & SNP_POLICY_SINGLE_SOCKET) === 0n;
    if (this.#snp !== undefined || !isValid) throw new HostCallError("snpLaunchStart", "EINVAL");
    const context = SnpContext.start(this.#processor, start);
    if (typeof context === "number") throw new FirmwareCommandError("snpLaunchStart", "EIO", context);
    this.#snp = context;
  }

  snpLaunchUpdate({ guestAddress, address, length, type }: SnpLaunchUpdate): void {
    this.#enterSnp("snpLaunchUpdate");
    const context = this.#snp;
    const isWhole = length > 0 && length % PAGE === 0 && guestAddress % PAGE === 0;
    if (context === undefined || !isWhole) throw new HostCallError("snpLaunchUpdate", "EINVAL");
    if (type !== "zero" && address % PAGE !== 0) throw new HostCallError("snpLaunchUpdate", "EINVAL");
    this.#pages.check(guestAddress, length);
    const page = new Uint8Array(PAGE);
    for (let at = 0; at < length; at += PAGE) {
      const source = (address + at) as HostAddress;
      this.#addresses.read(source, page);
      const replaced = context.update(type, guestAddress + at, page);
      if (replaced !== undefined) this.#addresses.write(source, replaced);
      this.#pages.assign(guestAddress + at);
    }
  }

  snpLaunchFinish(finish: SnpLaunchFinish): void {
    this.#enterSnp("snpLaunchFinish");
    const context = this.#snp;
    if (context === undefined) throw new HostCallError("snpLaunchFinish", "EINVAL");
    for (const vcpu of this.#vcpus()) context.addSaveArea(saveArea(vcpu, SNP_ACTIVE));
    this.#answer("snpLaunchFinish", context.finish(finish));
  }

  cpuidLeaves(): readonly CpuidLeaf[] {
    const signature = this.#vcpus()[0]?.signature ?? 0;
    const leaf = (number: number, eax: number, ebx = 0): CpuidLeaf => {
      return { leaf: number, index: 0, eax, ebx, ecx: 0, edx: 0 };
    };
    // Memory encryption: SEV, SEV-ES and SEV-SNP; the C-bit, and one bit of physical addresses fewer.
    return [leaf(1, signature), leaf(0x8000_001f, 0x1a, this.cBitPosition | (1 << 6))];
  }

  /** The virtual machine is destroyed: the kernel unpins what is left. */
  dispose(): void {
    this.#regions.release();
    this.#guest = "none";
    this.#sev = undefined;
    this.#snp = undefined;
    for (const account of this.#accounts) void account.dispose();
  }

  #activate(call: KvmCall, kind: "sev" | "es" | "snp"): void {
    if (this.#guest !== "none" || (kind !== "sev" && !this.#options.es)) throw new HostCallError(call, "EINVAL");
    if (this.#options.asids === 0) throw new HostCallError(call, "EBUSY");
    this.#guest = kind;
  }

  /** Counts the call; ENOTTY where it is not for such a virtual machine. */
  #enter(call: KvmCall, isThere: boolean): void {
    this.#calls.enter(call);
    if (!isThere) throw new HostCallError(call, "ENOTTY");
  }

  /** Commands of SEV; an SNP guest takes none of them. */
  #enterSev(call: KvmCall): void {
    this.#enter(call, this.#guest !== "none");
    if (this.#guest === "snp") throw new HostCallError(call, "EPERM");
  }

  #enterSnp(call: KvmCall): void {
    this.#enter(call, this.#guest === "snp");
  }

  /** Before the launch has started there is no guest in the firmware. */
  #context(call: KvmCall): SevContext {
    if (this.#sev === undefined) throw new FirmwareCommandError(call, "EIO", FIRMWARE.invalidGuest);
    return this.#sev;
  }

  #answer(call: KvmCall, status: number): void {
    if (status !== FIRMWARE.success) throw new FirmwareCommandError(call, "EIO", status);
  }

  #result(call: KvmCall, result: Buffer | number): Buffer {
    if (typeof result === "number") throw new FirmwareCommandError(call, "EIO", result);
    return result;
  }
}

/** psp_copy_user_blob. */
function checkBlob(call: KvmCall, blob: Uint8Array): void {
  if (blob.length === 0 || blob.length > MOST_BLOB) throw new HostCallError(call, "EINVAL");
}
