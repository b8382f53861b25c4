import { disposable, type Disposable, type MemoryRegion } from "backplane";
import type { PciFunction, PciRange, PciRootBus } from "backplane/plugins/pci/contract";
import type { MchBridge } from "./bridge.ts";
import type { Mch, MmConfigWindow } from "./contract.ts";
import { mchErrors } from "./errors.ts";
import type { Q35Host } from "./host.ts";

/** Both sides of the host bridge, once they are made. */
export class MchService implements Mch {
  #host: Q35Host | undefined;
  #bridge: MchBridge | undefined;

  connectHost(host: Q35Host): Disposable {
    this.#host = host;
    return disposable(() => {
      this.#host = undefined;
    });
  }

  connectBridge(bridge: MchBridge): Disposable {
    this.#bridge = bridge;
    return disposable(() => {
      this.#bridge = undefined;
    });
  }

  get host(): Q35Host {
    if (this.#host === undefined) throw mchErrors.MCH_MISSING();
    return this.#host;
  }

  get root(): PciRootBus {
    return this.host.root;
  }

  get bridge(): PciFunction {
    return this.#present.bridge;
  }

  get mmConfig(): MmConfigWindow | undefined {
    return this.#host?.window;
  }

  get hole32(): PciRange | undefined {
    return this.#bridge?.hole32;
  }

  get hole64Size(): number {
    return this.host.hole64Size;
  }

  get smram(): MemoryRegion {
    return this.#present.smram;
  }

  get #present(): MchBridge {
    if (this.#bridge === undefined) throw mchErrors.MCH_MISSING();
    return this.#bridge;
  }
}
