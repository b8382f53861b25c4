import { type AmlNode, Scope, encodeTerms } from "../aml/index.ts";
import { acpiErrors } from "../errors.ts";
import { type DsdtPlace, compareDsdtPlaces, isDsdtPlace, sharedScope } from "./layout.ts";

/** A plugin's part of the DSDT, asked anew for every build. */
export interface DsdtFragment {
  readonly place: DsdtPlace;
  /** Describes the hardware as it is at this moment, without changing it. May be empty. */
  build(): readonly AmlNode[];
}

/** A device's part of its own object (or, on the ISA bus, the object itself), asked anew for every build. */
export type DsdtDescription = () => readonly AmlNode[];

/** Undoes one `add` or `describe`; a second call does nothing. */
export interface DsdtRegistration {
  dispose(): void;
}

/** The machine's differentiated system description, by place. The order of registration never shows in the result. */
export class AcpiDsdt {
  readonly #fragments = new Map<DsdtPlace, DsdtFragment>();
  readonly #descriptions = new Map<string, DsdtDescription>();

  /** Throws `DSDT_PLACE_UNKNOWN`, `DSDT_PLACE_TAKEN`. */
  add(fragment: DsdtFragment): DsdtRegistration {
    const { place } = fragment;
    if (!isDsdtPlace(place)) throw acpiErrors.DSDT_PLACE_UNKNOWN(String(place));
    if (this.#fragments.has(place)) throw acpiErrors.DSDT_PLACE_TAKEN(place);
    this.#fragments.set(place, fragment);
    return {
      dispose: () => {
        if (this.#fragments.get(place) === fragment) this.#fragments.delete(place);
      },
    };
  }

  /**
   * What a device adds to its own object, by its path in the object tree: whoever describes the bus that it sits on asks
   * for it. Throws `DSDT_DEVICE_DESCRIBED`.
   */
  describe(path: string, describe: DsdtDescription): DsdtRegistration {
    if (this.#descriptions.has(path)) throw acpiErrors.DSDT_DEVICE_DESCRIBED(path);
    this.#descriptions.set(path, describe);
    return {
      dispose: () => {
        if (this.#descriptions.get(path) === describe) this.#descriptions.delete(path);
      },
    };
  }

  /** What the device at a path adds; nothing where it did not say. */
  descriptionOf(path: string): readonly AmlNode[] {
    return this.#descriptions.get(path)?.() ?? [];
  }

  /** The table's body, without a header. */
  build(): Uint8Array {
    const fragments = [...this.#fragments.values()];
    fragments.sort((left, right) => compareDsdtPlaces(left.place, right.place));
    const terms: AmlNode[] = [];
    let shared: { readonly scope: string; readonly body: AmlNode[] } | undefined;
    const closeScope = (): void => {
      if (shared && shared.body.length > 0) terms.push(Scope(shared.scope, ...shared.body));
      shared = undefined;
    };
    for (const { place, build } of fragments.map((fragment) => ({ place: fragment.place, build: fragment.build() }))) {
      const scope = sharedScope(place);
      if (shared?.scope !== scope) closeScope();
      if (scope === undefined) {
        terms.push(...build);
        continue;
      }
      shared ??= { scope, body: [] };
      shared.body.push(...build);
    }
    closeScope();
    return encodeTerms(terms);
  }
}
