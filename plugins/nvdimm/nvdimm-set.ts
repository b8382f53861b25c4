import { hashOrder, Registry, token, type Devices, type Disposable } from "backplane";
import type { Nvdimm, Nvdimms } from "./contract.ts";

/** The containers of the object tree that hold a user's devices, in the tree's order. */
const CONTAINERS = ["/machine/peripheral/", "/machine/peripheral-anon/"] as const;

/** The machine's NVDIMMs; the devices enter and leave it themselves. */
export class NvdimmSet implements Nvdimms {
  readonly enabled: boolean;
  readonly persistence: Nvdimms["persistence"];
  readonly #devices: Devices;
  readonly #nvdimms = new Set<Nvdimm>();
  readonly #listeners = new Registry<Parameters<Nvdimms["onChange"]>[0]>();

  constructor(enabled: boolean, persistence: Nvdimms["persistence"], devices: Devices) {
    this.enabled = enabled;
    this.persistence = persistence;
    this.#devices = devices;
  }

  get plugged(): readonly Nvdimm[] {
    const paths = this.#devices.all().map(({ context }) => context.path);
    // One that is being realized is not among the devices yet.
    const known = new Set([...paths, ...[...this.#nvdimms].map(({ path }) => path)]);
    return CONTAINERS.flatMap((container) => {
      const names = [...known].filter((path) => path.startsWith(container)).map((path) => path.slice(container.length));
      return hashOrder(names).flatMap((name) => this.#at(`${container}${name}`) ?? []);
    });
  }

  add(nvdimm: Nvdimm): void {
    this.#nvdimms.add(nvdimm);
    for (const listener of this.#listeners) listener(nvdimm, "plugged");
  }

  remove(nvdimm: Nvdimm): void {
    this.#nvdimms.delete(nvdimm);
    for (const listener of this.#listeners) listener(nvdimm, "unplugged");
  }

  onChange(listener: Parameters<Nvdimms["onChange"]>[0]): Disposable {
    return this.#listeners.add(listener);
  }

  #at(path: string): Nvdimm | undefined {
    return [...this.#nvdimms].find((nvdimm) => nvdimm.path === path);
  }
}

/** For the devices of this plugin only. */
export const NVDIMM_SET = token<NvdimmSet>("NVDIMM_SET");
