// KVM_MEMORY_ENCRYPT_OP's commands for SNP guests (snp_launch_… of arch/x86/kvm/svm/sev.c), and private memory.
import { HostCallError, type GuestAddress, type HostAddress, type HostAddressSpace } from "backplane";
import type { SnpLaunchFinish, SnpLaunchStart, SnpLaunchUpdate } from "../contract.ts";
import type { KvmCall } from "./kvm-calls.ts";
import { answer, result, type ModelVm } from "./model-vm.ts";
import { PrivatePages } from "./private-pages.ts";
import { SNP_ACTIVE } from "./save-area.ts";
import type { SecureProcessor } from "./secure-processor.ts";
import { SnpContext } from "./snp-context.ts";

const PAGE = 4096;
/** SNP_POLICY_MASK_…: the bits that KVM knows (18, migration agents, is not among them), those that it demands, and the one that it does not allow. */
const POLICY_VALID = 0x1b_ffffn;
const POLICY_DEMANDED = 0x3_0000n;
const POLICY_SINGLE_SOCKET = 0x10_0000n;

export class SnpCommands {
  readonly #vm: ModelVm;
  readonly #processor: SecureProcessor;
  readonly #addresses: HostAddressSpace;
  readonly #pages = new PrivatePages();
  #context: SnpContext | undefined;

  constructor(vm: ModelVm, processor: SecureProcessor, addresses: HostAddressSpace) {
    this.#vm = vm;
    this.#processor = processor;
    this.#addresses = addresses;
  }

  get digest(): Buffer | undefined {
    return this.#context?.digest;
  }

  setPrivate(address: GuestAddress, length: number): void {
    this.#vm.calls.enter("setPrivate");
    if (this.#vm.type !== "snp") throw new HostCallError("setPrivate", "EINVAL");
    this.#pages.makePrivate(address, length);
  }

  snpLaunchStart(start: SnpLaunchStart): void {
    this.#enter("snpLaunchStart");
    if (this.#context !== undefined || !isAllowed(start.policy)) throw new HostCallError("snpLaunchStart", "EINVAL");
    this.#context = result("snpLaunchStart", SnpContext.start(this.#processor, start));
  }

  snpLaunchUpdate({ guestAddress, address, length, type }: SnpLaunchUpdate): void {
    this.#enter("snpLaunchUpdate");
    const context = this.#context;
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
    this.#enter("snpLaunchFinish");
    const context = this.#context;
    if (context === undefined) throw new HostCallError("snpLaunchFinish", "EINVAL");
    for (const page of this.#vm.saveAreas(SNP_ACTIVE)) context.addSaveArea(page);
    answer("snpLaunchFinish", context.finish(finish));
  }

  destroy(): void {
    this.#context = undefined;
  }

  #enter(call: KvmCall): void {
    this.#vm.enter(call, this.#vm.encryption === "snp");
  }
}

function isAllowed(policy: bigint): boolean {
  return (
    (policy & ~POLICY_VALID) === 0n &&
    (policy & POLICY_DEMANDED) === POLICY_DEMANDED &&
    (policy & POLICY_SINGLE_SOCKET) === 0n
  );
}
