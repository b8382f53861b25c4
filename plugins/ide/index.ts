import { definePlugin, DEVICES } from "backplane";
import { BLOCK } from "backplane/plugins/block/contract";
import { IDE } from "./contract.ts";
import { CdromDevice, cdromType, DiskDevice, diskType } from "./devices.ts";
import { IdeService } from "./service.ts";
import { DRIVE_NUMBERS } from "./tokens.ts";

export default definePlugin({
  id: "ide",
  apiVersion: 1,
  summary: "IDE disks and CD-ROM drives",
  requires: [BLOCK],
  provides: [IDE, DRIVE_NUMBERS],
  attach(machine) {
    const ide = machine.create(IdeService);
    machine.provideValue(IDE, ide);
    machine.provideValue(DRIVE_NUMBERS, ide);
    const devices = machine.use(DEVICES);
    machine.own(devices.register(diskType, DiskDevice));
    machine.own(devices.register(cdromType, CdromDevice));
  },
});
