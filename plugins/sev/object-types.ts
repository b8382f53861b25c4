// What -object sev-guest and sev-snp-guest take; names, types, defaults and order are the peer's.
import { prop, type OptionValue, type Property, type PropertyTable, type QomType, type ValueForm } from "backplane";

const SNP_POLICY = 0x30000n;
const UINT64 = 2n ** 64n;

/** What each object has by itself: numbers of 32 bits whose type says so. */
function own(fallback: number): Property<number> {
  return { ...prop.late(prop.unsigned(32, fallback)), named: true };
}

function ownRequired(): Property<number> {
  return { ...prop.required(own(0)), default: 0 };
}

/** 64 bits whole. Over QMP a number below zero counts down from 2^64, as in the peer. */
const policy: Property<bigint> = {
  ...prop.custom<bigint>({
    type: "uint64",
    default: SNP_POLICY,
    format: (value) => plain(value ?? SNP_POLICY),
    parse: (value, name, owner, form) => whole(value, name, owner, form),
  }),
  named: true,
};

const narrow = prop.unsigned(53, 0);

function whole(value: OptionValue, name: string, owner: string, form: ValueForm | undefined): bigint {
  const written = (value as bigint | OptionValue) ?? null;
  if (typeof written === "bigint") return BigInt.asUintN(64, written);
  // Monitors hand on the nearest double: of the highest numbers that is 2^64.
  if (value === 2 ** 64) return UINT64 - 1n;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt.asUintN(64, BigInt(value));
  if (typeof value === "string" && form !== "json" && /^\s*(0[xX][0-9a-fA-F]+|[1-9][0-9]*)$/.test(value)) {
    const number = BigInt(value.trim());
    if (number < UINT64) return number;
  }
  return BigInt(narrow.parse(value, name, owner, form));
}

/** As a monitor shows it: a number where that is exact. */
export function plain(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

const COMMON = {
  "sev-device": prop.string("/dev/sev", { description: "SEV device to use" }),
  cbitpos: own(0),
  "reduced-phys-bits": ownRequired(),
  "kernel-hashes": prop.bool(false, {
    description: "add kernel hashes to guest firmware for measured Linux boot",
  }),
} satisfies PropertyTable;

export const sevGuestType = {
  name: "sev-guest",
  parent: "sev-common",
  properties: {
    ...COMMON,
    "dh-cert-file": prop.string(undefined, { description: "guest owners DH certificate (encoded with base64)" }),
    "session-file": prop.string(undefined, { description: "guest owners session parameters (encoded with base64)" }),
    handle: own(0),
    policy: own(1),
    "legacy-vm-type": prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", {
      description: "use legacy VM type to maintain measurement compatibility with older QEMU or kernel versions.",
    }),
  },
};

export const snpGuestType = {
  name: "sev-snp-guest",
  parent: "sev-common",
  properties: {
    ...COMMON,
    policy,
    "guest-visible-workarounds": prop.string(undefined),
    "id-block": prop.string(undefined),
    "id-auth": prop.string(undefined),
    "author-key-enabled": { ...prop.bool(false), description: undefined },
    "vcek-disabled": { ...prop.bool(false), description: undefined },
    "host-data": prop.string(undefined),
  },
};

export const SEV_QOM_TYPES: readonly QomType[] = [
  { name: "confidential-guest-support", parent: "object", abstract: true },
  { name: "x86-confidential-guest", parent: "confidential-guest-support", abstract: true },
  {
    name: "sev-common",
    parent: "x86-confidential-guest",
    abstract: true,
    interfaces: ["user-creatable"],
    properties: () => [
      { name: "sev-device", type: "string", description: "SEV device to use" },
      {
        name: "kernel-hashes",
        type: "bool",
        description: "add kernel hashes to guest firmware for measured Linux boot",
      },
    ],
  },
];
