import { inject, injectable, USER_OBJECTS, type UserObjects } from "backplane";
import type { RandomSource, RandomSources } from "./contract.ts";
import { RandomBackend } from "./backend.ts";

@injectable()
export class ObjectRandomSources implements RandomSources {
  constructor(@inject(USER_OBJECTS) private readonly objects: UserObjects) {}

  find(id: string): RandomSource | undefined {
    const object = this.objects.byId(id);
    return object instanceof RandomBackend ? object : undefined;
  }
}
