// What a virtio function behind a PCI Express port has besides: an endpoint's capability (PCI Express Base Specification
// 4.0 §7.5.3) with function level reset (§6.6.2), and power management (PCI Power Management 1.2 §3.2).
import { addExpress, CAPABILITY, EXPRESS_AT, type PciFunction } from "backplane/plugins/pci/contract";

const FUNCTION_RESET = { capability: 0x10000000, control: 0x8000 } as const;
const ERROR_REPORTS = 0xf;
const ARI_FORWARDING = 0x20;
const LINK_CONTROL = 0x10;
/** Common clock, extended synch. */
const LINK_CONTROLS = 0xc0;
const POWER = { length: 8, capabilities: 0x02, control: 0x04, version: 0x3, state: 0x3 } as const;

export interface ExpressParts {
  reset(): void;
  written(offset: number, size: number): void;
}

export function addExpressParts(subject: PciFunction): ExpressParts {
  const { config } = subject;
  const express = addExpress(subject, { type: "endpoint" });
  const power = subject.addCapability(CAPABILITY.powerManagement, POWER.length);
  config.set16(power + POWER.capabilities, POWER.version);
  config.setWritable(power + POWER.control, 2, POWER.state);
  const { deviceCapabilities, deviceControl } = EXPRESS_AT;
  config.set32(
    express + deviceCapabilities,
    (config.get32(express + deviceCapabilities) | FUNCTION_RESET.capability) >>> 0,
  );
  config.setWritable(express + deviceControl, 2, ERROR_REPORTS | FUNCTION_RESET.control);
  config.setWritable(express + LINK_CONTROL, 2, LINK_CONTROLS);
  // An endpoint forwards nothing.
  const { deviceCapabilities2, deviceControl2 } = EXPRESS_AT;
  config.set32(express + deviceCapabilities2, config.get32(express + deviceCapabilities2) & ~ARI_FORWARDING);
  config.setWritable(express + deviceControl2, 2, config.writable(express + deviceControl2, 2) & ~ARI_FORWARDING);
  return {
    reset: () => {
      config.set16(express + deviceControl, 0);
      config.set16(express + LINK_CONTROL, config.get16(express + LINK_CONTROL) & ~LINK_CONTROLS);
      config.set16(power + POWER.control, config.get16(power + POWER.control) & ~POWER.state);
    },
    written: (offset, size) => {
      const at = express + deviceControl;
      if (offset >= at + 2 || offset + size <= at) return;
      if ((config.get16(at) & FUNCTION_RESET.control) !== 0) subject.reset();
    },
  };
}
