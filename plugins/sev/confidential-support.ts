import type { JsonValue, QomObject, UserObjects } from "backplane";
import { isConfidential, type SevGuestObject, type SnpGuestObject } from "./confidential-object.ts";
import { sevErrors } from "./errors.ts";

export type Confidential = SevGuestObject | SnpGuestObject;

const ES_POLICY = 0x4;

/** Whether the guest's registers are encrypted as well. */
export function hasEncryptedState(object: Confidential): boolean {
  return object.kind === "snp" || (object.policy & ES_POLICY) !== 0;
}

/**
 * Which object the machine's guest is confidential by: `-machine confidential-guest-support=`, `memory-encryption=` or
 * `qom-set`. The object stays the machine's when it is deleted.
 */
export class ConfidentialSupport {
  readonly #objects: UserObjects;
  #chosen: Confidential | undefined;

  constructor(objects: UserObjects) {
    this.#objects = objects;
  }

  get object(): Confidential | undefined {
    return this.#chosen;
  }

  get sev(): SevGuestObject | undefined {
    return this.#chosen?.kind === "sev" ? this.#chosen : undefined;
  }

  /** From the definition, when its objects exist. Throws the peer's texts. */
  choose(support: string | undefined, encryption: string | undefined): void {
    // The machine's memory backends come after it: nobody can name them yet.
    const isEarly = (id: string): boolean =>
      !this.#objects.all().some(({ context }) => context.id === id && context.type.parent === "memory-backend");
    if (support !== undefined && support !== "") {
      const id = lastStep(support);
      if (!isEarly(id)) throw sevErrors.SEV_OBJECT_NOT_FOUND(support);
      this.#chosen = this.#find(id, sevErrors.SEV_OBJECT_NOT_FOUND);
    }
    if (encryption !== undefined && encryption !== "") {
      if (!isEarly(encryption)) throw sevErrors.SEV_ENCRYPTION_OBJECT_NOT_FOUND(encryption);
      this.#chosen = this.#find(encryption, sevErrors.SEV_ENCRYPTION_OBJECT_NOT_FOUND);
    }
  }

  /** As monitors see and set it. */
  show(machine: QomObject): void {
    const path = (): string => this.#chosen?.context.path ?? "";
    const name = (): string => this.#chosen?.context.id ?? "";
    machine.add({
      name: "confidential-guest-support",
      type: "link<confidential-guest-support>",
      description: "Set confidential guest scheme to support",
      get: path,
      set: (value) => this.#set(value, sevErrors.SEV_OBJECT_NOT_FOUND),
    });
    machine.add({
      name: "memory-encryption",
      type: "string",
      description: "Set memory encryption object to use",
      get: name,
      set: (value) => this.#set(value, sevErrors.SEV_ENCRYPTION_OBJECT_NOT_FOUND),
    });
  }

  #set(value: JsonValue, missing: (id: string) => Error): void {
    const text = typeof value === "string" ? value : "";
    this.#chosen = text === "" ? undefined : this.#find(lastStep(text), missing);
  }

  #find(id: string, missing: (id: string) => Error): Confidential {
    const object = this.#objects.byId(id);
    if (object === undefined) throw missing(id);
    if (!isConfidential(object)) throw sevErrors.SEV_OBJECT_TYPE();
    return object;
  }
}

/** A link is set by an object's id, or by its path. */
function lastStep(path: string): string {
  return path.replace(/^\/objects\//, "");
}
