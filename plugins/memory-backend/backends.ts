import { inject, injectable, USER_OBJECTS, type UserObjects } from "backplane";
import { HostMemoryBackend } from "./backend.ts";
import type { MemoryBackend, MemoryBackends } from "./contract.ts";
import { memoryBackendErrors } from "./errors.ts";

/** The machine's objects, as far as they are memory backends. */
@injectable()
export class ObjectMemoryBackends implements MemoryBackends {
  readonly #objects: UserObjects;

  constructor(@inject(USER_OBJECTS) objects: UserObjects) {
    this.#objects = objects;
  }

  find(id: string): MemoryBackend | undefined {
    const object = this.#objects.byId(id);
    return object instanceof HostMemoryBackend ? object : undefined;
  }

  require(id: string): MemoryBackend {
    const backend = this.find(id);
    if (backend === undefined) throw memoryBackendErrors.MEMORY_BACKEND_ABSENT(id);
    return backend;
  }

  all(): readonly HostMemoryBackend[] {
    return this.#objects.all().flatMap(({ object }) => (object instanceof HostMemoryBackend ? [object] : []));
  }
}
