import {
  disposable,
  HOST_MAPPING_NOTIFIERS,
  MACHINE_CONTROL,
  RAM_BLOCK_NOTIFIERS,
  RAM_DISCARD,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Disposable,
  type PluginMachine,
} from "backplane";
import type { Migration } from "backplane/plugins/migration/contract";
import type { VfioContainer, VfioContainerModel, VfioHelpers, VfioHost, VfioPciDevice } from "./contract.ts";
import { vfioErrors } from "./errors.ts";
import type { VfioGuests } from "./guest/contract.ts";
import { followSpace } from "./follow/follower.ts";
import { openPciDevice, type OpenParts } from "./helpers/open-device.ts";
import type { VfioUse } from "./use.ts";
import type { ModelHost } from "./model/host.ts";

export class VfioService implements VfioHelpers {
  readonly #parts: OpenParts;
  readonly #machine: PluginMachine;
  readonly #model: ModelHost | undefined;
  readonly #uses = new Set<VfioUse>();

  /** `model` is the host, unless that is somebody else's. */
  constructor(machine: PluginMachine, host: VfioHost, model: ModelHost | undefined) {
    this.#machine = machine;
    this.#model = model;
    this.#parts = {
      host,
      discard: machine.use(RAM_DISCARD),
      blocks: machine.use(RAM_BLOCK_NOTIFIERS),
      mappings: machine.use(HOST_MAPPING_NOTIFIERS),
      log: machine.log,
      used: (use) => this.#used(use),
    };
  }

  /** Devices that are open, oldest first. */
  get uses(): readonly VfioUse[] {
    return [...this.#uses];
  }

  open(device: string): VfioPciDevice {
    return openPciDevice(device, this.#parts);
  }

  follow(space: AddressSpace, container: VfioContainer): Disposable {
    return followSpace(space, {
      container,
      systemMemory: this.#machine.use(SYSTEM_MEMORY),
      log: this.#machine.log,
      broken: () => this.#machine.use(MACHINE_CONTROL).halt("internal-error"),
    });
  }

  forGuests(migration: Migration | undefined): VfioGuests {
    const { host, discard, used } = this.#parts;
    return { host, discard, migration, used, follow: (space, container) => this.follow(space, container) };
  }

  #used(use: VfioUse): Disposable {
    this.#uses.add(use);
    return disposable(() => void this.#uses.delete(use));
  }

  modelContainer(): VfioContainerModel {
    if (this.#model === undefined) throw vfioErrors.VFIO_MODEL_NO_CONTAINER();
    return this.#model.makeReadyContainer();
  }
}
