import { HostCallError, monitorErrors, q, type Commands, type Disposable, type JsonObject } from "backplane";
import { XEN_PAGE_SIZE, type XenGuest } from "./contract.ts";
import type { DomainMemorySurroundings } from "./domain-memory.ts";
import { xenMapCacheErrors } from "./errors.ts";

const balloonArguments = q.struct("XenDomainBalloon", {
  address: q.uint(64),
  size: q.size,
  out: q.bool,
  "invalidate?": q.bool,
});
const grantArguments = q.struct("XenDomainGrant", { ref: q.uint(32), address: q.uint(64), "readonly?": q.bool });
const endArguments = q.struct("XenDomainEndGrant", { ref: q.uint(32) });

function frameOf(name: string, address: number): number {
  if (!Number.isSafeInteger(address) || address % XEN_PAGE_SIZE !== 0) {
    throw monitorErrors.PARAMETER_RANGE(name, "a multiple of the page size below 2^53");
  }
  return address / XEN_PAGE_SIZE;
}

function asked<T>(call: string, ask: () => T): T {
  try {
    return ask();
  } catch (failure) {
    throw failure instanceof HostCallError ? xenMapCacheErrors.XEN_HOST_CALL(call, failure.text) : failure;
  }
}

/** What the guest does that its map cache must hear of, or is not told of: ballooning, and grants. */
export function addGuestCommands(
  commands: Commands,
  { host, guest, domain, cache }: DomainMemorySurroundings,
): readonly Disposable[] {
  const modelled = (): XenGuest => {
    if (guest === undefined) throw xenMapCacheErrors.XEN_NOT_MODELLED();
    return guest;
  };
  return [
    commands.add({
      name: "x-xen-domain-balloon",
      unstable: true,
      summary: "The guest gives pages back to Xen, or gets some; by default the map cache is told to invalidate",
      arguments: balloonArguments,
      run({ address, size, out, invalidate = true }): void {
        const [first, count] = [frameOf("address", address), frameOf("size", size)];
        if (out) asked("xc_domain_decrease_reservation_exact", () => host.decreaseReservation(domain, first, count));
        else asked("xc_domain_populate_physmap_exact", () => host.populatePhysmap(domain, first, count));
        if (invalidate) cache.invalidate();
      },
    }),
    commands.add({
      name: "x-xen-domain-grant",
      unstable: true,
      summary: "The guest lends a page; its window is asked for at the grant's number times the page size",
      arguments: grantArguments,
      result: q.struct("XenDomainGranted", { address: q.uint(64) }),
      run({ ref, address, readonly = false }): JsonObject {
        asked("grant", () => modelled().grant(ref, frameOf("address", address), readonly));
        return { address: ref * XEN_PAGE_SIZE };
      },
    }),
    commands.add({
      name: "x-xen-domain-end-grant",
      unstable: true,
      summary: "The guest wants a lent page back, which it does not get while somebody has it mapped",
      arguments: endArguments,
      run({ ref }): void {
        asked("end-grant", () => modelled().endGrant(ref));
      },
    }),
  ];
}
