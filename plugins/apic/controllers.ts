import { Registry, type Disposable, type QomObject } from "backplane";
import type { InterruptController, InterruptControllers } from "./contract.ts";

/** The interrupt controllers, found by walking the object tree: the order of what monitors show. */
export class ControllerRegistry implements InterruptControllers {
  readonly #root: QomObject;
  readonly #entries = new Registry<InterruptController>();

  constructor(root: QomObject) {
    this.#root = root;
  }

  add(controller: InterruptController): Disposable {
    return this.#entries.add(controller);
  }

  all(): readonly InterruptController[] {
    const byObject = new Map(Array.from(this.#entries, (controller) => [controller.object, controller] as const));
    const found: InterruptController[] = [];
    const walk = (object: QomObject): void => {
      // `qom-list` shows an object from its end.
      for (const { name, type } of object.properties().toReversed()) {
        const child = type.startsWith("child<") ? object.child(name) : undefined;
        if (child === undefined) continue;
        const controller = byObject.get(child);
        if (controller !== undefined) found.push(controller);
        walk(child);
      }
    };
    walk(this.#root);
    return found;
  }
}
