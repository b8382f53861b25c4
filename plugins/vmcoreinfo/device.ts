import {
  DEVICE,
  disposable,
  inject,
  injectable,
  RESETS,
  type Device,
  type DeviceContext,
  type DeviceType,
  type Resets,
} from "backplane";
import { FW_CFG, type FwCfg } from "backplane/plugins/fw-cfg/contract";
import { VMCOREINFO } from "./contract.ts";
import { vmcoreinfoErrors } from "./errors.ts";
import { VMCOREINFO_FILE, VmcoreinfoFile } from "./file.ts";
import type { VmcoreinfoService } from "./service.ts";

export const vmcoreinfoType = {
  name: "vmcoreinfo",
  category: "misc",
  hotpluggable: false,
  properties: {},
} satisfies DeviceType;

@injectable()
export class VmcoreinfoDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(VMCOREINFO) private readonly service: VmcoreinfoService,
    @inject(FW_CFG) private readonly fwCfg: FwCfg,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device, service } = this;
    if (service.file !== undefined) throw vmcoreinfoErrors.VMCOREINFO_TWICE();
    const file = new VmcoreinfoFile();
    this.fwCfg.addFile(VMCOREINFO_FILE, file.bytes, {
      writable: true,
      onWrite: (offset, length) => file.written(offset, length),
    });
    device.own(this.resets.add(() => file.reset()));
    device.carry({
      kind: "captured",
      idstr: "vmcoreinfo",
      version: 1,
      description: async () => (await import("./late/state.ts")).VMCOREINFO_STATE,
      capture: () => file.captureState(),
      restore: (state) => file.restoreState(state),
    });
    service.file = file;
    device.own(
      disposable(() => {
        service.file = undefined;
      }),
    );
  }
}
