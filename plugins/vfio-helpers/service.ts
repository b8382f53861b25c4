import {
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
import type { ModelHost } from "./model/host.ts";

export class VfioService implements VfioHelpers {
  readonly #parts: Omit<OpenParts, "closed">;
  readonly #machine: PluginMachine;
  readonly #model: ModelHost | undefined;
  readonly #opened = new Set<VfioPciDevice>();

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
    };
  }

  /** Devices that are open, oldest first. */
  get opened(): readonly VfioPciDevice[] {
    return [...this.#opened];
  }

  open(device: string): VfioPciDevice {
    const opened = openPciDevice(device, { ...this.#parts, closed: (one) => this.#opened.delete(one) });
    this.#opened.add(opened);
    return opened;
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
    const { host, discard } = this.#parts;
    return { host, discard, migration, follow: (space, container) => this.follow(space, container) };
  }

  modelContainer(): VfioContainerModel {
    if (this.#model === undefined) throw vfioErrors.VFIO_MODEL_NO_CONTAINER();
    return this.#model.makeReadyContainer();
  }
}
