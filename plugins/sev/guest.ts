import {
  type Actions,
  type Disposable,
  type Events,
  type GuestAddress,
  type HostAddress,
  type HostAddressSpace,
  type HostMappingNotifiers,
  type AddressSpace,
  type Logger,
  type MachineControl,
  type MemoryRegion,
  type QomObject,
  type RAMBlockNotifiers,
  type RAMDiscard,
  messageOf,
} from "backplane";
import type { Migration } from "backplane/plugins/migration/contract";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import { hasEncryptedState, type Confidential, type ConfidentialSupport } from "./confidential-support.ts";
import type { KvmHost, KvmHosts, PlatformStatus, SevDevice, SevState } from "./contract.ts";
import { sevErrors } from "./errors.ts";
import { FirmwareImage } from "./firmware-image.ts";
import type * as Launching from "./late/launching.ts";
import type { PinnedMemory } from "./late/pinned-memory.ts";
import type { Launch } from "./launch.ts";

export interface GuestServices {
  readonly support: ConfidentialSupport;
  /** Undefined: the machine has no KVM. */
  readonly hosts: KvmHosts | undefined;
  readonly notifiers: RAMBlockNotifiers;
  readonly mappings: HostMappingNotifiers;
  readonly discard: RAMDiscard;
  readonly addresses: HostAddressSpace;
  readonly memory: AddressSpace;
  readonly control: MachineControl;
  readonly actions: Actions;
  readonly events: Events;
  readonly migration: Migration | undefined;
  readonly cpus: Cpus | undefined;
  /** The machine's properties, as monitors set them. */
  readonly machine: () => QomObject;
  readonly isComplete: () => boolean;
  own(resource: Disposable): void;
  readonly log: Logger;
}

interface Running {
  readonly object: Confidential;
  readonly launch: Launch;
  readonly device: SevDevice;
  readonly status: PlatformStatus;
}

/** The machine's guest as far as it is confidential: from KVM's first call to the first instruction. */
export class ConfidentialGuest {
  readonly #services: GuestServices;
  readonly firmware: FirmwareImage;
  #host: KvmHost | undefined;
  #running: Running | undefined;

  constructor(services: GuestServices) {
    this.#services = services;
    this.firmware = new FirmwareImage(
      () => this.#running !== undefined,
      (region, address) => this.#firmwareLaid(region, address),
    );
  }

  /** The machine's KVM, when it has one and has been started. */
  get host(): KvmHost | undefined {
    return this.#host;
  }

  /** What is told of the machine's object: one that was chosen later was never launched. */
  get #told(): Running | undefined {
    return this.#running?.object === this.#services.support.object ? this.#running : undefined;
  }

  get state(): SevState {
    return this.#told?.launch.state ?? "uninit";
  }

  get status(): PlatformStatus {
    return this.#told?.status ?? { apiMajor: 0, apiMinor: 0, build: 0, isEsEnabled: false };
  }

  get measurement(): string | undefined {
    return this.#told?.launch.measurement;
  }

  /** When the objects exist, before the board is laid; memory that backends have allocated is told of by replay. */
  async start(firmwareFile: string | undefined): Promise<void> {
    const { hosts, support, log } = this.#services;
    if (firmwareFile !== undefined && support.object === undefined) throw sevErrors.SEV_FIRMWARE_UNUSED(firmwareFile);
    if (hosts === undefined) return;
    const host = await hosts.open();
    this.#services.own(host);
    this.#host = host;
    const { object } = support;
    if (object === undefined) return;
    if (firmwareFile !== undefined) await this.firmware.load(firmwareFile);
    const launching = await import("./late/launching.ts");
    const { device, status } = launching.initializeKvm(object, host, log);
    this.#services.own(device);
    const launch = this.#launchOf(object, host, launching);
    await launch.start();
    if (object.kind === "sev") this.#pin(new launching.PinnedMemory(host, log, (text) => this.#cannotPin(text)));
    else this.#refuseManagementMode();
    this.#running = { object, launch, device, status };
    host.setVcpus(() => {
      const { cpus } = this.#services;
      return this.firmware.processors(cpus?.topology.cpus ?? 1, cpus?.identity.signature ?? 0);
    });
  }

  /** What a machine without KVM says of a confidential guest, where memory is allocated and where it is complete. */
  refuseWithoutKvm(phase: "board" | "devices"): void {
    const { support, hosts } = this.#services;
    if (hosts !== undefined || support.object === undefined) return;
    const { name } = support.object.context.type;
    if (support.object.kind === "snp") throw sevErrors.SEV_PRIVATE_MEMORY(name);
    if (phase === "devices") throw sevErrors.SEV_ACCELERATOR(name);
  }

  measure(): void {
    const running = this.#running;
    if (running === undefined) return;
    // Pages of cipher text are never alike.
    this.#services.machine().property("mem-merge")?.set?.(false);
    running.launch.measure();
    if (running.object.kind === "sev" && hasEncryptedState(running.object)) this.#forbidReset();
  }

  /** The guest is about to run. What cannot be finished ends the machine, as it ends the peer's process. */
  run(): void {
    const running = this.#running;
    if (running === undefined || running.launch.state === "running") return;
    const { control, migration } = this.#services;
    try {
      running.launch.finish();
      if (running.object.kind === "snp") this.#forbidReset();
      if (migration !== undefined) this.#services.own(migration.block(running.launch.migrationReason));
    } catch (failure) {
      this.#services.log.error(messageOf(failure));
      control.halt("internal-error");
      control.quit("host-error");
    }
  }

  /** An SNP guest's processors have no system management mode: the board is laid without it. */
  #refuseManagementMode(): void {
    const smm = this.#services.machine().property("smm");
    const value = smm?.get?.();
    if (value === "on") throw sevErrors.SEV_SNP_SMM();
    if (value === "auto") smm?.set?.("off");
  }

  /** Registers that nobody can write cannot be reset: whoever asks for it ends the machine. */
  #forbidReset(): void {
    const { actions, events, log } = this.#services;
    actions.reboot = "shutdown";
    const watch = events.listen(({ name, data }) => {
      const reason = data?.["reason"];
      if (name === "SHUTDOWN" && typeof reason === "string" && reason.endsWith("reset")) {
        log.error("cpus are not resettable, terminating");
      }
    });
    this.#services.own(watch);
  }

  #launchOf(object: Confidential, host: KvmHost, { SevLaunch, SnpLaunch }: typeof Launching): Launch {
    const { log, memory, addresses } = this.#services;
    if (object.kind === "sev") return new SevLaunch(object, host, log);
    const write = (address: HostAddress, bytes: Uint8Array): void => addresses.write(address, bytes);
    return new SnpLaunch(object, host, { memory, firmware: this.firmware, write, log });
  }

  /** SNP needs none of this: private memory is the kernel's own. */
  #pin(pinned: PinnedMemory): void {
    const { discard, notifiers, mappings } = this.#services;
    let disabled: Disposable;
    try {
      disabled = discard.disable("sev");
    } catch {
      throw sevErrors.SEV_NO_DISCARD();
    }
    this.#services.own(disabled);
    this.#services.own(notifiers.add(pinned));
    this.#services.own(mappings.add(pinned));
  }

  /** At start the refusal itself ends the build. Later the peer's process ends, whoever brought the memory. */
  #cannotPin(text: string): void {
    if (!this.#services.isComplete()) return;
    this.#services.log.error(text);
    this.#services.control.quit("host-error");
  }

  #firmwareLaid(region: MemoryRegion, address: GuestAddress): void {
    const running = this.#running;
    const block = region.ramBlock;
    if (running === undefined || block === undefined) return;
    if (hasEncryptedState(running.object)) this.firmware.findApplicationReset();
    running.launch.update(address, block.hostAddress, region.size);
  }
}
