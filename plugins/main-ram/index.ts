import { byteLength, definePlugin, guestAddress, LIFECYCLE, MEMORY_REGIONS, QOM, SYSTEM_MEMORY } from "backplane";
import { defaultBackendProperties } from "backplane/plugins/memory-backend/contract";

export default definePlugin({
  id: "main-ram",
  apiVersion: 1,
  summary: "The main memory of a machine that has nothing else: one block named ram, from address 0",
  attach(machine) {
    const { size } = machine.definition.memory;
    if (size === 0) return;
    const regions = machine.use(MEMORY_REGIONS);
    const { root } = machine.use(SYSTEM_MEMORY);
    const objects = machine.use(QOM).resolve("/objects");
    machine.own(
      machine.use(LIFECYCLE).on("board", () => {
        const object = objects.addChild("ram", "memory-backend-ram", defaultBackendProperties(size));
        const ram = regions.withOwner(object, () => regions.ram("ram", byteLength(size)));
        root.addSubregion(guestAddress(0), ram);
      }),
    );
  },
});
