import { DEVICE, inject, injectable, type Device, type DeviceContext } from "backplane";
import { MEMORY_BACKENDS, type MemoryBackends } from "backplane/plugins/memory-backend/contract";
import { MEMORY_DEVICES, type MemoryDevice, type MemoryDevices } from "./contract.ts";
import { dimmErrors } from "./errors.ts";
import { DIMM_PROPERTIES, dimmPlace } from "./properties.ts";

export const PC_DIMM = {
  name: "pc-dimm",
  description: "DIMM memory module",
  properties: DIMM_PROPERTIES,
} as const;

/** A memory module: a memory backend in a slot. */
@injectable()
export class PcDimm implements Device {
  readonly #context: DeviceContext<typeof DIMM_PROPERTIES>;
  readonly #backends: MemoryBackends;
  readonly #devices: MemoryDevices;
  #plugged: MemoryDevice | undefined;

  constructor(
    @inject(DEVICE) context: DeviceContext<typeof DIMM_PROPERTIES>,
    @inject(MEMORY_BACKENDS) backends: MemoryBackends,
    @inject(MEMORY_DEVICES) devices: MemoryDevices,
  ) {
    this.#context = context;
    this.#backends = backends;
    this.#devices = devices;
  }

  realize(): void {
    const { properties } = this.#context;
    const { memdev } = properties;
    const backend = memdev === undefined || memdev === "" ? undefined : this.#backends.require(memdev);
    this.#plugged = this.#context.own(
      this.#devices.plug({
        device: this.#context,
        kind: "dimm",
        ...dimmPlace(properties),
        memory: () => {
          if (backend === undefined) throw dimmErrors.DIMM_MEMDEV_UNSET();
          return { backend, region: backend.region };
        },
      }),
    );
  }

  /** Asks the guest to stop using the memory; it may be asked again. */
  unplug(): void {
    if (this.#plugged !== undefined) this.#devices.requestUnplug(this.#plugged);
  }
}
