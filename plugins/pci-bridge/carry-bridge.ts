import type { DeviceContext } from "backplane";
import type { PciDeviceState, PciFunction } from "backplane/plugins/pci/contract";
import type { StandardHotplugController } from "./shpc.ts";

/** What a migration carries of a bridge. */
export interface BridgeState {
  readonly pci: PciDeviceState;
  /** The registers of the hot-plug controller; empty where there is none. */
  readonly slots: Uint8Array;
}

/** `name` is the peer's. */
export function carryBridge(
  device: DeviceContext,
  name: string,
  bridge: PciFunction,
  controller?: StandardHotplugController,
): void {
  const hasSlots = controller !== undefined;
  device.carry({
    kind: "captured",
    idstr: `${bridge.path}/${name}`,
    version: 0,
    // What is behind a bridge is loaded when the bridge is.
    priority: 1,
    description: async () => (await import("./late/state.ts")).bridgeState(name, hasSlots),
    capture: (): BridgeState => ({
      pci: bridge.captureState(),
      slots: controller?.captureState() ?? new Uint8Array(0),
    }),
    restore: ({ pci, slots }) => {
      bridge.restoreState(pci);
      controller?.restoreState(slots);
    },
  });
}
