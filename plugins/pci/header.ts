// What the header looks like when a function has been made, and which of it the guest can change.
import type { ConfigSpace } from "./config-space.ts";
import type { PciBridgeRequest, PciIdentity } from "./contract.ts";
import {
  BRIDGE_CONTROL,
  BRIDGE_REG,
  CLASS,
  COMMAND,
  HEADER_BRIDGE,
  HEADER_MULTIFUNCTION,
  REG,
  STATUS,
} from "./registers.ts";

const HEADER_LENGTH = 0x40;
const DEFAULT_SUBSYSTEM = { vendor: 0x1af4, id: 0x1100 } as const;
/** Prefetchable windows are 64 bits wide; the low nibble says so and cannot be written. */
const WINDOW_64BIT = 0x1;

export function initializeHeader(config: ConfigSpace, identity: PciIdentity, multifunction: boolean): void {
  config.set16(REG.vendorId, identity.vendorId);
  config.set16(REG.deviceId, identity.deviceId);
  config.set8(REG.revision, identity.revision ?? 0);
  config.set8(REG.programmingInterface, identity.programmingInterface ?? 0);
  config.set16(REG.classId, identity.classId);
  if (multifunction) config.set8(REG.headerType, HEADER_MULTIFUNCTION);
  config.setWritable(
    REG.command,
    2,
    COMMAND.io | COMMAND.memory | COMMAND.master | COMMAND.serr | COMMAND.interruptDisable,
  );
  config.setClearable(
    REG.status,
    2,
    STATUS.masterParity |
      STATUS.signalledTargetAbort |
      STATUS.receivedTargetAbort |
      STATUS.receivedMasterAbort |
      STATUS.signalledSystemError |
      STATUS.detectedParity,
  );
  config.setWritable(REG.cacheLineSize, 1, 0xff);
  config.setWritable(REG.interruptLine, 1, 0xff);
  config.fillWritable(HEADER_LENGTH, config.size - HEADER_LENGTH, true);
}

export function initializeEndpoint(config: ConfigSpace, identity: PciIdentity): void {
  config.set16(REG.subsystemVendorId, identity.subsystemVendorId ?? DEFAULT_SUBSYSTEM.vendor);
  config.set16(REG.subsystemId, identity.subsystemId ?? DEFAULT_SUBSYSTEM.id);
}

export function initializeBridge(config: ConfigSpace, bridge: PciBridgeRequest): void {
  config.set8(REG.headerType, config.get8(REG.headerType) | HEADER_BRIDGE);
  config.set16(REG.classId, CLASS.pciBridge);
  config.set16(REG.status, config.get16(REG.status) | STATUS.mhz66 | STATUS.fastBackToBack);
  config.set16(BRIDGE_REG.secondaryStatus, STATUS.mhz66 | STATUS.fastBackToBack);
  for (const register of [BRIDGE_REG.primaryBus, BRIDGE_REG.secondaryBus, BRIDGE_REG.subordinateBus]) {
    config.setWritable(register, 1, 0xff);
  }
  // There is no latency to count on an Express link.
  config.setWritable(BRIDGE_REG.secondaryLatency, 1, bridge.express ? 0 : 0xff);
  config.setWritable(BRIDGE_REG.ioBase, 1, 0xf0);
  config.setWritable(BRIDGE_REG.ioLimit, 1, 0xf0);
  for (const register of [
    BRIDGE_REG.memoryBase,
    BRIDGE_REG.memoryLimit,
    BRIDGE_REG.prefetchBase,
    BRIDGE_REG.prefetchLimit,
  ]) {
    config.setWritable(register, 2, 0xfff0);
  }
  config.setWritable(BRIDGE_REG.prefetchBaseHigh, 4, 0xffffffff);
  config.setWritable(BRIDGE_REG.prefetchLimitHigh, 4, 0xffffffff);
  config.set16(BRIDGE_REG.prefetchBase, WINDOW_64BIT);
  config.set16(BRIDGE_REG.prefetchLimit, WINDOW_64BIT);
  const control = BRIDGE_CONTROL;
  config.setWritable(
    BRIDGE_REG.control,
    2,
    control.parity |
      control.serr |
      control.isa |
      control.vga |
      control.vga16 |
      control.masterAbort |
      control.busReset |
      control.fastBackToBack |
      control.discard |
      control.secondaryDiscard |
      control.discardSerr,
  );
  config.setClearable(BRIDGE_REG.control, 2, control.discardStatus);
  config.setClearable(BRIDGE_REG.secondaryStatus, 2, 0xf900);
}

/** Bus numbers and windows of a bridge as they are after reset: windows that begin and end at zero. */
export function resetBridge(config: ConfigSpace): void {
  for (const register of [
    BRIDGE_REG.primaryBus,
    BRIDGE_REG.secondaryBus,
    BRIDGE_REG.subordinateBus,
    BRIDGE_REG.secondaryLatency,
  ]) {
    config.set8(register, 0);
  }
  config.set8(BRIDGE_REG.ioBase, config.get8(BRIDGE_REG.ioBase) & 0x0f);
  config.set8(BRIDGE_REG.ioLimit, config.get8(BRIDGE_REG.ioLimit) & 0x0f);
  for (const register of [
    BRIDGE_REG.memoryBase,
    BRIDGE_REG.memoryLimit,
    BRIDGE_REG.prefetchBase,
    BRIDGE_REG.prefetchLimit,
  ]) {
    config.set16(register, config.get16(register) & 0x000f);
  }
  config.set32(BRIDGE_REG.prefetchBaseHigh, 0);
  config.set32(BRIDGE_REG.prefetchLimitHigh, 0);
  config.set16(BRIDGE_REG.control, 0);
}
