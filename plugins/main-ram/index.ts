import { byteLength, definePlugin, guestAddress, LIFECYCLE, MEMORY_REGIONS, SYSTEM_MEMORY } from "backplane";

export default definePlugin({
  id: "main-ram",
  apiVersion: 1,
  summary: "The main memory of a machine that has nothing else: one block named ram, from address 0",
  attach(machine) {
    const { size } = machine.definition.memory;
    if (size === 0) return;
    const regions = machine.use(MEMORY_REGIONS);
    const { root } = machine.use(SYSTEM_MEMORY);
    machine.own(
      machine.use(LIFECYCLE).on("board", () => {
        root.addSubregion(guestAddress(0), regions.ram("ram", byteLength(size)));
      }),
    );
  },
});
