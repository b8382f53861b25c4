import { prop, type Property } from "backplane";
import { dimmErrors } from "./errors.ts";

/** 64 bits, exact beyond what a number holds: an address that is out of every range is repeated in the message. */
const address: Property<bigint> = {
  type: "uint64",
  default: 0n,
  description: undefined,
  parse(value, name, owner, form) {
    const isWide = typeof value === "string" && form !== "json" && /^(0[xX][0-9a-fA-F]+|[1-9][0-9]*)$/.test(value);
    const exact = isWide ? BigInt(value) : BigInt(prop.unsigned(53, 0).parse(value, name, owner, form));
    if (exact >= 1n << 64n) throw dimmErrors.DIMM_ADDRESS_VALUE(name);
    return exact;
  },
};

/** What every DIMM-like device takes. An address of 0 and a slot of -1 mean "find one". */
export const DIMM_PROPERTIES = {
  addr: address,
  node: prop.unsigned(32, 0),
  slot: prop.signed(32, -1),
  memdev: prop.link("memory-backend"),
  size: prop.late(prop.readonly<number>("uint64", 0)),
} as const;

/** Where a DIMM wants to be. */
export function dimmPlace(properties: { readonly addr: bigint; readonly slot: number; readonly node: number }): {
  readonly address: bigint | undefined;
  readonly slot: number | undefined;
  readonly node: number;
} {
  const { addr, slot: wanted, node: owner } = properties;
  return { address: addr === 0n ? undefined : addr, slot: wanted === -1 ? undefined : wanted, node: owner };
}
