import { DEVICE, inject, injectable, prop, type Device, type DeviceContext, type DeviceType } from "backplane";
import { FW_CFG } from "./contract.ts";
import type { FwCfgDevice } from "./device.ts";

export const fwCfgIoType = {
  name: "fw_cfg_io",
  parent: "fw_cfg",
  userCreatable: false,
  hotpluggable: false,
  properties: {
    dma_enabled: prop.unmodelled(prop.bool(true)),
    "x-file-slots": prop.unmodelled(prop.unsigned(16, 32)),
    "acpi-mr-restore": prop.unmodelled(prop.bool(true)),
  },
} satisfies DeviceType;

/** The ports of the items and files, which are there before any device is. */
@injectable()
export class FwCfgIoDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof fwCfgIoType.properties>,
    @inject(FW_CFG) private readonly fwCfg: FwCfgDevice,
  ) {}

  realize(): void {
    this.device.own(this.fwCfg.connect());
    this.device.carry({
      kind: "captured",
      idstr: "fw_cfg",
      version: 2,
      description: async () => (await import("./late/state.ts")).FW_CFG_STATE,
      capture: () => this.fwCfg.captureState(),
      restore: (state) => this.fwCfg.restoreState(state),
    });
  }
}
