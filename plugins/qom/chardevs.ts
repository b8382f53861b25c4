import type { Disposable, QomObject } from "backplane";
import type { Chardevs } from "backplane/plugins/chardev/contract";

/** Character devices stand in the tree below their own container. */
export function showChardevs(container: QomObject, chardevs: Chardevs): Disposable {
  return container.addChildren(() =>
    chardevs.all().map(({ id, backend }) => ({
      name: id,
      type: backend === undefined ? "chardev" : `chardev-${backend}`,
    })),
  );
}
