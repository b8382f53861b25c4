// What the calls of a modelled KVM share: the virtual machine, its type and processors, and how calls are counted and refused.
import { HostCallError, HostCalls, type HostFault } from "backplane";
import { FirmwareCommandError, type KvmVmType, type VcpuState } from "../contract.ts";
import { FIRMWARE } from "../firmware-error.ts";
import type { HostOptions } from "../options.ts";
import { KVM_CALLS, type KvmCall } from "./kvm-calls.ts";
import { saveArea } from "./save-area.ts";

/** How far a guest is encrypted. */
export type Encryption = "none" | "sev" | "es" | "snp";

export class ModelVm {
  readonly calls: HostCalls<KvmCall>;
  readonly #options: HostOptions;
  #type: KvmVmType = "default";
  #encryption: Encryption = "none";
  #vcpus: () => readonly VcpuState[] = () => [];

  constructor(options: HostOptions, faults: readonly HostFault[]) {
    this.#options = options;
    this.calls = new HostCalls("sev", KVM_CALLS, faults);
  }

  get type(): KvmVmType {
    return this.#type;
  }

  get encryption(): Encryption {
    return this.#encryption;
  }

  get vcpus(): readonly VcpuState[] {
    return this.#vcpus();
  }

  supports(type: KvmVmType): boolean {
    const { sev, es, snp, vmTypes } = this.#options;
    if (type === "default") return true;
    if (!sev || !vmTypes) return false;
    if (type === "sev") return true;
    return type === "sev-es" ? es : es && snp;
  }

  create(type: KvmVmType): void {
    this.calls.enter("createVm");
    if (!this.supports(type)) throw new HostCallError("createVm", "EINVAL");
    this.#type = type;
  }

  setVcpus(states: () => readonly VcpuState[]): void {
    this.#vcpus = states;
  }

  /** KVM_SEV_INIT, KVM_SEV_ES_INIT. */
  initialize(isEs: boolean): void {
    this.enter("initialize", this.#options.sev);
    if (this.#type !== "default") throw new HostCallError("initialize", "EINVAL");
    this.#encrypt("initialize", isEs ? "es" : "sev");
  }

  /** KVM_SEV_INIT2. */
  initialize2(): void {
    this.enter("initialize2", this.#options.sev);
    if (this.#type === "default") throw new HostCallError("initialize2", "EINVAL");
    this.#encrypt("initialize2", this.#type === "sev-es" ? "es" : this.#type);
  }

  destroy(): void {
    this.#encryption = "none";
  }

  /** Counts the call; ENOTTY where it is not for such a virtual machine. */
  enter(call: KvmCall, isThere: boolean): void {
    this.calls.enter(call);
    if (!isThere) throw new HostCallError(call, "ENOTTY");
  }

  /** The processors as they are measured (sev_es_sync_vmsa). */
  saveAreas(features: number): Buffer[] {
    const hasFloatingPoint = this.#type !== "default" && this.#options.kernel === "6.11";
    return this.vcpus.map((vcpu) => saveArea(vcpu, { features, hasFloatingPoint }));
  }

  #encrypt(call: KvmCall, encryption: Encryption): void {
    if (this.#encryption !== "none" || (encryption !== "sev" && !this.#options.es)) {
      throw new HostCallError(call, "EINVAL");
    }
    if (this.#options.asids === 0) throw new HostCallError(call, "EBUSY");
    this.#encryption = encryption;
  }
}

/** What the firmware says to a command. */
export function answer(call: KvmCall, status: number): void {
  if (status !== FIRMWARE.success) throw new FirmwareCommandError(call, "EIO", status);
}

export function result<T>(call: KvmCall, outcome: T | number): T {
  if (typeof outcome === "number") throw new FirmwareCommandError(call, "EIO", outcome);
  return outcome;
}
