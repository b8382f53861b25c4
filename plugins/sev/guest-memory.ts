import { guestAddress, type AddressSpace, type HostAddress } from "backplane";

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Where guest memory is in the host, as the peer's `gpa2hva` finds it: one stretch of RAM or ROM. */
export function hostAddressOf(
  memory: AddressSpace,
  address: number,
  length: number,
): { readonly address: HostAddress } | { readonly reason: string } {
  const found = memory.find(guestAddress(address));
  if (found === undefined) return { reason: `No memory is mapped at address ${hex(address)}` };
  const block = found.region.ramBlock;
  if (block === undefined) return { reason: `Memory at address ${hex(address)} is not RAM` };
  if (found.length < length) return { reason: `Size of memory region at ${hex(address)} exceeded.` };
  return { address: (block.hostAddress + found.offset) as HostAddress };
}
