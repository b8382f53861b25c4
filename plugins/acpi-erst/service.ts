import { Registry, type Disposable } from "backplane";
import type { AcpiErst, ErrorRecordStore } from "./contract.ts";

export class ErstService implements AcpiErst {
  readonly #stores = new Registry<ErrorRecordStore>();

  get store(): ErrorRecordStore | undefined {
    const [only, ...others] = this.#stores;
    return others.length === 0 ? only : undefined;
  }

  add(store: ErrorRecordStore): Disposable {
    return this.#stores.add(store);
  }
}
