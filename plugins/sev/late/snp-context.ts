// An SNP guest in the firmware (AMD SEV-SNP ABI, chapter 8).
import type { SnpLaunchFinish, SnpLaunchStart } from "../contract.ts";
import { FIRMWARE } from "../firmware-error.ts";
import { checkIdBlock } from "./id-block.ts";
import type { SecureProcessor } from "./secure-processor.ts";
import { SnpDigest, VMSA_ADDRESS, type DigestPageType } from "./snp-digest.ts";

const PAGE = 4096;
const SECRETS_VERSION = 3;
/** Keys by which each privilege level talks to the firmware. */
const LEVEL_KEYS_AT = 0x20;
const LEVEL_KEY_BYTES = 32;
const LEVELS = 4;

export class SnpContext {
  readonly #processor: SecureProcessor;
  readonly #start: SnpLaunchStart;
  readonly #digest = new SnpDigest();
  #isRunning = false;

  private constructor(processor: SecureProcessor, start: SnpLaunchStart) {
    this.#processor = processor;
    this.#start = start;
  }

  /** The lowest version of the firmware's interface stands in the policy's low bytes: minor, then major. */
  static start(processor: SecureProcessor, start: SnpLaunchStart): SnpContext | number {
    const minor = Number(start.policy & 0xffn);
    const major = Number((start.policy >> 8n) & 0xffn);
    const { apiMajor, apiMinor } = processor;
    if (apiMajor < major || (apiMajor === major && apiMinor < minor)) return FIRMWARE.policyFailure;
    return new SnpContext(processor, start);
  }

  get digest(): Buffer {
    return this.#digest.value;
  }

  /** One page; returns what the guest finds there, where that is not what the host has laid. */
  update(type: Exclude<DigestPageType, "vmsa">, address: number, contents: Uint8Array): Buffer | undefined {
    this.#digest.add(type, address, contents);
    if (type === "zero") return Buffer.alloc(PAGE);
    return type === "secrets" ? this.#secretsPage() : undefined;
  }

  addSaveArea(page: Uint8Array): void {
    this.#digest.add("vmsa", VMSA_ADDRESS, page);
  }

  finish({ idBlock, idAuth, isAuthorKeyEnabled }: SnpLaunchFinish): number {
    if (this.#isRunning) return FIRMWARE.invalidGuestState;
    if (idBlock !== undefined) {
      const { policy } = this.#start;
      const status = checkIdBlock({ block: idBlock, auth: idAuth, isAuthorKeyEnabled, digest: this.digest, policy });
      if (status !== FIRMWARE.success) return status;
    }
    this.#isRunning = true;
    return FIRMWARE.success;
  }

  /** AMD SEV-SNP ABI §8.17.2.5: version, the guest's workarounds, and a key for each privilege level. */
  #secretsPage(): Buffer {
    const page = Buffer.alloc(PAGE);
    page.writeUInt32LE(SECRETS_VERSION, 0);
    page.set(this.#start.guestVisibleWorkarounds, 0x10);
    for (let level = 0; level < LEVELS; level++) {
      const key = this.#processor.keys.bytes(`key of privilege level ${level}`, LEVEL_KEY_BYTES);
      page.set(key, LEVEL_KEYS_AT + level * LEVEL_KEY_BYTES);
    }
    return page;
  }
}
