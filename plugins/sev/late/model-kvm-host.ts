// The part of Linux's KVM that encrypted guests need (arch/x86/kvm/svm/sev.c of 6.11; Documentation/virt/kvm/x86/
// amd-memory-encryption.rst): arguments, limits and error numbers. What the firmware then does is in the contexts.
import {
  HostCallError,
  type GuestAddress,
  type HostAddress,
  type HostAddressSpace,
  type HostFault,
  type HostResources,
} from "backplane";
import type {
  CpuidLeaf,
  KvmHost,
  KvmVmType,
  LaunchSecret,
  LaunchStart,
  SevDevice,
  SnpLaunchFinish,
  SnpLaunchStart,
  SnpLaunchUpdate,
  VcpuState,
} from "../contract.ts";
import type { HostOptions } from "../options.ts";
import { openModelDevice } from "./model-device.ts";
import { ModelVm } from "./model-vm.ts";
import { PinnedPages } from "./pinned-pages.ts";
import { PinnedRegions } from "./pinned-regions.ts";
import { SecureProcessor } from "./secure-processor.ts";
import { SevCommands } from "./sev-commands.ts";
import { SnpCommands } from "./snp-commands.ts";

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
  kernel: "6.11",
  asids: 509,
  device: "/dev/sev",
  seed: undefined,
};

/** A virtual machine of a KVM that is modelled. */
export class ModelKvmHost implements KvmHost {
  readonly #options: HostOptions;
  readonly #vm: ModelVm;
  readonly #processor: SecureProcessor;
  readonly #pinned: PinnedPages;
  readonly #regions: PinnedRegions;
  readonly #sev: SevCommands;
  readonly #snp: SnpCommands;
  readonly #accounts: readonly { dispose(): unknown }[];
  #openDevices = 0;

  constructor({ options, faults, addresses, resources }: ModelRequest) {
    this.#options = { ...DEFAULTS, ...options };
    this.#vm = new ModelVm(this.#options, faults);
    this.#processor = new SecureProcessor(this.#options);
    this.#pinned = new PinnedPages(addresses, this.#options.memlockLimit);
    this.#regions = new PinnedRegions(this.#pinned);
    this.#sev = new SevCommands(this.#vm, this.#processor, addresses, this.#pinned);
    this.#snp = new SnpCommands(this.#vm, this.#processor, addresses);
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
    return this.#snp.digest ?? this.#sev.digest;
  }

  supports(type: KvmVmType): boolean {
    return this.#vm.supports(type);
  }

  createVm(type: KvmVmType): void {
    this.#vm.create(type);
  }

  setVcpus(states: () => readonly VcpuState[]): void {
    this.#vm.setVcpus(states);
  }

  registerRegion(address: HostAddress, length: number): void {
    this.#vm.enter("registerRegion", this.#vm.encryption !== "none");
    this.#regions.register(address, length);
  }

  unregisterRegion(address: HostAddress, length: number): void {
    this.#vm.enter("unregisterRegion", this.#vm.encryption !== "none");
    this.#regions.unregister(address, length);
  }

  setPrivate(address: GuestAddress, length: number): void {
    this.#snp.setPrivate(address, length);
  }

  openDevice(path: string): SevDevice {
    const { calls } = this.#vm;
    calls.enter("openDevice");
    const { sev, es, device } = this.#options;
    if (!sev || path !== device) throw new HostCallError("openDevice", "ENOENT");
    this.#openDevices++;
    return openModelDevice(this.#processor, calls, es, () => void this.#openDevices--);
  }

  initialize(isEs: boolean): void {
    this.#vm.initialize(isEs);
  }

  initialize2(): void {
    this.#vm.initialize2();
  }

  launchStart(start: LaunchStart): number {
    return this.#sev.launchStart(start);
  }

  launchUpdateData(address: HostAddress, length: number): void {
    this.#sev.launchUpdateData(address, length);
  }

  launchUpdateVmsa(): void {
    this.#sev.launchUpdateVmsa();
  }

  launchMeasure(): Uint8Array {
    return this.#sev.launchMeasure();
  }

  launchFinish(): void {
    this.#sev.launchFinish();
  }

  launchSecret(secret: LaunchSecret): void {
    this.#sev.launchSecret(secret);
  }

  guestStatus(): { readonly handle: number; readonly policy: number; readonly state: number } {
    return this.#sev.guestStatus();
  }

  attestationReport(nonce: Uint8Array): Uint8Array {
    return this.#sev.attestationReport(nonce);
  }

  snpLaunchStart(start: SnpLaunchStart): void {
    this.#snp.snpLaunchStart(start);
  }

  snpLaunchUpdate(update: SnpLaunchUpdate): void {
    this.#snp.snpLaunchUpdate(update);
  }

  snpLaunchFinish(finish: SnpLaunchFinish): void {
    this.#snp.snpLaunchFinish(finish);
  }

  cpuidLeaves(): readonly CpuidLeaf[] {
    const signature = this.#vm.vcpus[0]?.signature ?? 0;
    const leaf = (number: number, eax: number, ebx = 0): CpuidLeaf => {
      return { leaf: number, index: 0, eax, ebx, ecx: 0, edx: 0 };
    };
    // Memory encryption: SEV, SEV-ES and SEV-SNP; the C-bit, and one bit of physical addresses fewer.
    return [leaf(1, signature), leaf(0x8000_001f, 0x1a, this.cBitPosition | (1 << 6))];
  }

  /** The virtual machine is destroyed: the kernel unpins what is left. */
  dispose(): void {
    this.#regions.release();
    this.#vm.destroy();
    this.#sev.destroy();
    this.#snp.destroy();
    for (const account of this.#accounts) void account.dispose();
  }
}
