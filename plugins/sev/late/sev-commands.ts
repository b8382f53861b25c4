// KVM_MEMORY_ENCRYPT_OP's commands for SEV and SEV-ES guests (sev_launch_… of arch/x86/kvm/svm/sev.c).
import { HostCallError, type HostAddress, type HostAddressSpace } from "backplane";
import { FirmwareCommandError, type LaunchSecret, type LaunchStart } from "../contract.ts";
import { FIRMWARE } from "../firmware-error.ts";
import type { KvmCall } from "./kvm-calls.ts";
import { answer, result, type ModelVm } from "./model-vm.ts";
import type { PinnedPages } from "./pinned-pages.ts";
import type { SecureProcessor } from "./secure-processor.ts";
import { SevContext } from "./sev-context.ts";

const SAVE_AREA_BYTES = 4096;
/** SEV_FW_BLOB_MAX_SIZE: what the kernel copies for the firmware. */
const MOST_BLOB = 16 * 1024;
const STEP = 64 * 1024;

export class SevCommands {
  readonly #vm: ModelVm;
  readonly #processor: SecureProcessor;
  readonly #addresses: HostAddressSpace;
  readonly #pinned: PinnedPages;
  #context: SevContext | undefined;

  constructor(vm: ModelVm, processor: SecureProcessor, addresses: HostAddressSpace, pinned: PinnedPages) {
    this.#vm = vm;
    this.#processor = processor;
    this.#addresses = addresses;
    this.#pinned = pinned;
  }

  get digest(): Buffer | undefined {
    return this.#context?.digest;
  }

  launchStart(start: LaunchStart): number {
    this.#enter("launchStart");
    for (const blob of [start.certificate, start.session]) {
      if (blob !== undefined) checkBlob("launchStart", blob);
    }
    const context = this.#context ?? new SevContext(this.#processor, this.#vm.encryption === "es");
    answer("launchStart", context.start(start));
    this.#context = context;
    return context.handle;
  }

  launchUpdateData(address: HostAddress, length: number): void {
    const context = this.#enterLaunched("launchUpdateData");
    const pages = this.#pinned.pin("launchUpdateData", address, length);
    try {
      answer("launchUpdateData", context.checkUpdate(address, length));
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
    this.#enter("launchUpdateVmsa");
    if (this.#vm.encryption !== "es") throw new HostCallError("launchUpdateVmsa", "ENOTTY");
    const context = this.#launched("launchUpdateVmsa");
    answer("launchUpdateVmsa", context.checkUpdate(0, SAVE_AREA_BYTES));
    for (const page of this.#vm.saveAreas(0)) context.update(page);
  }

  launchMeasure(): Uint8Array {
    return result("launchMeasure", this.#enterLaunched("launchMeasure").measure());
  }

  launchFinish(): void {
    answer("launchFinish", this.#enterLaunched("launchFinish").finish());
  }

  launchSecret({ header, data, address }: LaunchSecret): void {
    this.#enter("launchSecret");
    checkBlob("launchSecret", header);
    checkBlob("launchSecret", data);
    const pages = this.#pinned.pin("launchSecret", address, data.length);
    try {
      const secret = result("launchSecret", this.#launched("launchSecret").secret(header, data));
      this.#addresses.write(address, secret);
    } finally {
      this.#pinned.unpin(pages);
    }
  }

  guestStatus(): { readonly handle: number; readonly policy: number; readonly state: number } {
    const { handle, policy, state } = this.#enterLaunched("guestStatus");
    return { handle, policy, state };
  }

  attestationReport(nonce: Uint8Array): Uint8Array {
    return result("attestationReport", this.#enterLaunched("attestationReport").report(nonce));
  }

  destroy(): void {
    this.#context = undefined;
  }

  /** An SNP guest takes none of these commands. */
  #enter(call: KvmCall): void {
    this.#vm.enter(call, this.#vm.encryption !== "none");
    if (this.#vm.encryption === "snp") throw new HostCallError(call, "EPERM");
  }

  /** Before the launch has started there is no guest in the firmware. */
  #launched(call: KvmCall): SevContext {
    if (this.#context === undefined) throw new FirmwareCommandError(call, "EIO", FIRMWARE.invalidGuest);
    return this.#context;
  }

  #enterLaunched(call: KvmCall): SevContext {
    this.#enter(call);
    return this.#launched(call);
  }
}

/** psp_copy_user_blob. */
function checkBlob(call: KvmCall, blob: Uint8Array): void {
  if (blob.length === 0 || blob.length > MOST_BLOB) throw new HostCallError(call, "EINVAL");
}
