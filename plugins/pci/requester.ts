import type { DevFn, PciBus, PciFunction } from "./contract.ts";

/**
 * As whom a function's requests arrive at the root: conventional buses carry no requester ids, so a bridge speaks for what
 * is behind it (PCI Express to PCI/PCI-X Bridge Specification 1.0 §2.3).
 */
export function requesterOnBus(subject: Pick<PciFunction, "bus" | "devfn">): {
  readonly bus: PciBus;
  readonly devfn: DevFn;
} {
  let { bus, devfn } = subject;
  for (let at = subject.bus; at.bridge !== undefined; at = at.bridge.bus) {
    const { bridge } = at;
    if (at.express) continue;
    // An Express bridge to a conventional bus uses that bus's number; a conventional bridge its own place.
    bus = bridge.express ? at : bridge.bus;
    devfn = bridge.express ? 0 : bridge.devfn;
  }
  return { bus, devfn };
}
