import { COMMANDS, definePlugin, LIFECYCLE, RESETS, RUN_STATES } from "backplane";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ROM_LOADER } from "./contract.ts";
import { queryRoms } from "./query-roms.ts";
import { RomList } from "./rom-list.ts";

export default definePlugin({
  id: "rom-loader",
  apiVersion: 1,
  summary: "ROM list: contents that every reset puts back into guest memory, RAM blocks and fw_cfg",
  requires: [FW_CFG],
  provides: [ROM_LOADER],
  attach(machine) {
    const roms = machine.create(RomList);
    machine.provideValue(ROM_LOADER, roms);
    machine.own(machine.use(COMMANDS).add(queryRoms(roms)));
    const runStates = machine.use(RUN_STATES);
    machine.own(
      machine.use(LIFECYCLE).on("done", () => {
        roms.checkOverlaps();
        // Behind the devices, whose resets decide what stands at an address.
        machine.own(
          machine.use(RESETS).add(() => {
            // A migration brings the contents that the source has by now.
            if (runStates.current !== "inmigrate") roms.restore();
          }),
        );
      }),
    );
  },
});
