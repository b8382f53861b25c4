// What a scenario does in the guest's place: accesses as a processor makes them, to memory and to I/O ports.
import {
  ACCESS_BY_PROCESSOR,
  guestAddress,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type GuestAccess,
  type Machine,
} from "backplane";

/** Where an access goes, and how a step's title names it. */
interface Place {
  readonly space: AddressSpace;
  readonly start: number;
  readonly size: GuestAccess["size"];
  readonly name: string;
}

/** Stores the values one behind the other, in order; what a device makes of one is done before the next. */
export function storeAsGuest(machine: Machine, access: GuestAccess): string {
  const { space, start, size, name } = placeOf(machine, access);
  const values = valuesOf(access);
  for (const [index, value] of values.entries()) {
    const at = guestAddress(start + index * size);
    if (size === 8) space.store64(at, value, ACCESS_BY_PROCESSOR);
    else space.store(at, Number(value), size, ACCESS_BY_PROCESSOR);
  }
  return `the guest writes ${values.map(hexadecimal).join(", ")} to ${name}`;
}

/** What the guest reads where a step expects values. */
export function loadAsGuest(
  machine: Machine,
  access: GuestAccess,
): { readonly title: string; readonly ok: boolean; readonly observed: string } {
  const { space, start, size, name } = placeOf(machine, access);
  const values = valuesOf(access);
  const loaded = values.map((_, index) => load(space, start + index * size, size));
  const observed = loaded.map(hexadecimal).join(", ");
  const wanted = values.map(hexadecimal).join(", ");
  return { title: `the guest reads ${wanted} from ${name}`, ok: observed === wanted, observed };
}

function load(space: AddressSpace, start: number, size: GuestAccess["size"]): bigint {
  const at = guestAddress(start);
  if (size === 8) return space.load64(at, ACCESS_BY_PROCESSOR);
  return BigInt(space.load(at, size, ACCESS_BY_PROCESSOR) >>> 0);
}

function placeOf(machine: Machine, access: GuestAccess): Place {
  const { size } = access;
  if ("port" in access) {
    const start = access.port;
    return { space: machine.service(SYSTEM_IO), start, size, name: `port ${hexadecimal(start)}` };
  }
  const start = access.address;
  return { space: machine.service(SYSTEM_MEMORY), start, size, name: hexadecimal(start) };
}

function valuesOf({ value }: GuestAccess): readonly bigint[] {
  return (Array.isArray(value) ? value : [value]).map(BigInt);
}

const hexadecimal = (value: number | bigint): string => `0x${value.toString(16)}`;
