// AMD SEV-SNP ABI, chapter 8; the pages that the firmware image wants: OVMF's SEV metadata.
import { guestAddress, TARGET_PAGE_SIZE, type AddressSpace, type HostAddress, type Logger } from "backplane";
import type { SnpGuestObject } from "../confidential-object.ts";
import type { KvmHost, SevState, SnpLaunchUpdate, SnpPageType } from "../contract.ts";
import { cpuidPage } from "./cpuid-page.ts";
import { sevErrors } from "../errors.ts";
import type { FirmwareImage } from "../firmware-image.ts";
import { hostAddressOf } from "../guest-memory.ts";
import { asking, hostFailure } from "../host-failure.ts";
import type { Launch } from "../launch.ts";
import { OVMF_SECTION, type OvmfSection } from "../ovmf-table.ts";

export interface SnpServices {
  readonly memory: AddressSpace;
  readonly firmware: FirmwareImage;
  /** Writes what the machine lays into guest memory. */
  readonly write: (address: HostAddress, bytes: Uint8Array) => void;
  readonly log: Logger;
}

function pageType(section: OvmfSection): SnpPageType {
  if (section.type === OVMF_SECTION.secrets) return "secrets";
  return section.type === OVMF_SECTION.cpuid ? "cpuid" : "zero";
}

/** The launch of a guest whose memory is encrypted and protected. Pages are collected and handed over at the end. */
export class SnpLaunch implements Launch {
  state: SevState = "uninit";
  readonly measurement = undefined;
  readonly migrationReason = "SEV-SNP: Migration is not implemented";
  readonly #object: SnpGuestObject;
  readonly #host: KvmHost;
  readonly #services: SnpServices;
  readonly #updates: SnpLaunchUpdate[] = [];

  constructor(object: SnpGuestObject, host: KvmHost, services: SnpServices) {
    this.#object = object;
    this.#host = host;
    this.#services = services;
  }

  async start(): Promise<void> {
    const { policy, guestVisibleWorkarounds } = this.#object;
    try {
      this.#host.snpLaunchStart({ policy, guestVisibleWorkarounds });
    } catch (thrown) {
      const { result, firmware, text } = hostFailure(thrown);
      this.#services.log.error(`sev_snp_launch_start: SNP_LAUNCH_START ret=${result} fw_error=${firmware} '${text}'`);
      throw sevErrors.SEV_CONTEXT();
    }
    this.state = "launch-update";
  }

  update(address: number, host: HostAddress, length: number): void {
    this.#updates.push({ guestAddress: guestAddress(address), address: host, length, type: "normal" });
  }

  /** Nothing: an SNP guest's measurement is in the report that it asks for itself. */
  measure(): void {}

  finish(): void {
    const sections = this.#services.firmware.table?.sections();
    if (sections === undefined) throw sevErrors.SEV_SNP_METADATA();
    for (const section of sections) this.#collect(section);
    for (const update of this.#updates) this.#hand(update);
    const { idBlock, idAuth, isAuthorKeyEnabled, isVcekDisabled, hostData } = this.#object;
    asking(
      () => this.#host.snpLaunchFinish({ idBlock, idAuth, isAuthorKeyEnabled, isVcekDisabled, hostData }),
      ({ result, firmware, text }) => sevErrors.SEV_SNP_FINISH(result, firmware, text),
    );
    this.state = "running";
  }

  #collect(section: OvmfSection): void {
    const { base, length } = section;
    const found = hostAddressOf(this.#services.memory, base, length);
    if (!("address" in found)) throw sevErrors.SEV_SNP_PAGES(base, length);
    if (section.type === OVMF_SECTION.kernelHashes && this.#object.kernelHashes) {
      throw sevErrors.SEV_SNP_KERNEL_HASHES();
    }
    const type = pageType(section);
    if (type === "cpuid") this.#services.write(found.address, cpuidPage(this.#host.cpuidLeaves()));
    this.#updates.push({ guestAddress: guestAddress(base), address: found.address, length, type });
  }

  #hand(update: SnpLaunchUpdate): void {
    // A part of a page is private as a whole, or not at all.
    const length = Math.ceil(update.length / TARGET_PAGE_SIZE) * TARGET_PAGE_SIZE;
    asking(
      () => this.#host.setPrivate(update.guestAddress, length),
      () => sevErrors.SEV_SNP_PRIVATE(),
    );
    asking(
      () => this.#host.snpLaunchUpdate(update),
      ({ result, firmware, text }) => {
        if (update.type === "cpuid") this.#services.log.error("SEV-SNP: failed update CPUID page");
        return sevErrors.SEV_SNP_UPDATE(result, firmware, text);
      },
    );
  }
}
