import { definePlugin, DEVICES } from "backplane";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { VMCOREINFO } from "./contract.ts";
import { VmcoreinfoDevice, vmcoreinfoType } from "./device.ts";
import { VmcoreinfoService } from "./service.ts";

export default definePlugin({
  id: "vmcoreinfo",
  apiVersion: 1,
  summary: "a file in which a guest's kernel says where its crash note is",
  requires: [FW_CFG],
  provides: [VMCOREINFO],
  attach(machine) {
    machine.provideValue(VMCOREINFO, new VmcoreinfoService());
    machine.own(machine.use(DEVICES).register(vmcoreinfoType, VmcoreinfoDevice));
  },
});
