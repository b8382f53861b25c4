// What `qom-get` on the peer's processors says under TCG, one line for models that agree in all of it.

/** CPUID facts of a model that tables, memory map and warnings depend on. */
export interface CpuModel {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** Leaf 1, EDX. */
  readonly features: number;
  readonly physBits: number;
  readonly longMode: boolean;
  /** APIC ids of 255 and more are possible. */
  readonly x2apic: boolean;
  /** An AMD model that can tell of threads. */
  readonly topologyExtensions: boolean;
}

type Row = readonly [
  names: string,
  vendor: string,
  family: number,
  model: number,
  stepping: number,
  features: number,
  physBits: number,
  flags: string,
];

const ROWS: readonly Row[] = [
  ["486 486-v1", "GenuineIntel", 4, 8, 0, 0x00000009, 32, ""],
  [
    "Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Broadwell-v1 Broadwell-v2 Broadwell-v3 Broadwell-v4",
    "GenuineIntel",
    6,
    61,
    2,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  [
    "Cascadelake-Server Cascadelake-Server-noTSX Cascadelake-Server-v1 Cascadelake-Server-v2 Cascadelake-Server-v3 Cascadelake-Server-v4 Cascadelake-Server-v5",
    "GenuineIntel",
    6,
    85,
    6,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  ["ClearwaterForest ClearwaterForest-v1", "GenuineIntel", 6, 221, 0, 0x0f8bfbfd, 40, "lm x2apic"],
  ["Conroe Conroe-v1", "GenuineIntel", 6, 15, 3, 0x078bfbfd, 40, "lm"],
  ["Cooperlake Cooperlake-v1 Cooperlake-v2", "GenuineIntel", 6, 85, 10, 0x078bfbfd, 40, "lm x2apic"],
  ["Denverton Denverton-v1 Denverton-v2 Denverton-v3", "GenuineIntel", 6, 95, 1, 0x078bfbfd, 40, "lm x2apic"],
  ["Dhyana Dhyana-v1 Dhyana-v2", "HygonGenuine", 24, 0, 1, 0x078bfbfd, 40, "lm"],
  ["EPYC EPYC-IBPB EPYC-v1 EPYC-v2 EPYC-v3 EPYC-v4", "AuthenticAMD", 23, 1, 2, 0x078bfbfd, 40, "lm"],
  ["EPYC-Genoa EPYC-Genoa-v1", "AuthenticAMD", 25, 17, 0, 0x078bfbfd, 40, "lm"],
  ["EPYC-Milan EPYC-Milan-v1 EPYC-Milan-v2", "AuthenticAMD", 25, 1, 1, 0x078bfbfd, 40, "lm"],
  ["EPYC-Rome EPYC-Rome-v1 EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4", "AuthenticAMD", 23, 49, 0, 0x078bfbfd, 40, "lm"],
  ["GraniteRapids GraniteRapids-v1", "GenuineIntel", 6, 173, 0, 0x078bfbfd, 40, "lm x2apic"],
  ["GraniteRapids-v2", "GenuineIntel", 6, 173, 1, 0x0f8bfbfd, 40, "lm x2apic"],
  ["Haswell Haswell-IBRS Haswell-v1 Haswell-v3", "GenuineIntel", 6, 60, 4, 0x078bfbfd, 40, "lm x2apic"],
  ["Haswell-noTSX Haswell-noTSX-IBRS Haswell-v2 Haswell-v4", "GenuineIntel", 6, 60, 1, 0x078bfbfd, 40, "lm x2apic"],
  [
    "Icelake-Server Icelake-Server-noTSX Icelake-Server-v1 Icelake-Server-v2 Icelake-Server-v3",
    "GenuineIntel",
    6,
    134,
    0,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  [
    "Icelake-Server-v4 Icelake-Server-v5 Icelake-Server-v6 Icelake-Server-v7",
    "GenuineIntel",
    6,
    106,
    0,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  ["IvyBridge IvyBridge-IBRS IvyBridge-v1 IvyBridge-v2", "GenuineIntel", 6, 58, 9, 0x078bfbfd, 40, "lm x2apic"],
  ["KnightsMill KnightsMill-v1", "GenuineIntel", 6, 133, 0, 0x0f8bfbfd, 40, "lm x2apic"],
  ["Nehalem Nehalem-IBRS Nehalem-v1 Nehalem-v2", "GenuineIntel", 6, 26, 3, 0x078bfbfd, 40, "lm"],
  ["Opteron_G1 Opteron_G1-v1 Opteron_G2 Opteron_G2-v1", "AuthenticAMD", 15, 6, 1, 0x078bfbfd, 40, "lm"],
  ["Opteron_G3 Opteron_G3-v1 phenom phenom-v1", "AuthenticAMD", 16, 2, 3, 0x078bfbfd, 40, "lm"],
  ["Opteron_G4 Opteron_G4-v1", "AuthenticAMD", 21, 1, 2, 0x078bfbfd, 40, "lm"],
  ["Opteron_G5 Opteron_G5-v1", "AuthenticAMD", 21, 2, 0, 0x078bfbfd, 40, "lm"],
  ["Penryn Penryn-v1", "GenuineIntel", 6, 23, 3, 0x078bfbfd, 40, "lm"],
  ["SandyBridge SandyBridge-IBRS SandyBridge-v1 SandyBridge-v2", "GenuineIntel", 6, 42, 1, 0x078bfbfd, 40, "lm x2apic"],
  ["SapphireRapids SapphireRapids-v1 SapphireRapids-v2", "GenuineIntel", 6, 143, 4, 0x078bfbfd, 40, "lm x2apic"],
  ["SapphireRapids-v3", "GenuineIntel", 6, 143, 4, 0x0f8bfbfd, 40, "lm x2apic"],
  ["SierraForest SierraForest-v1", "GenuineIntel", 6, 175, 0, 0x078bfbfd, 40, "lm x2apic"],
  ["SierraForest-v2", "GenuineIntel", 6, 175, 3, 0x0f8bfbfd, 40, "lm x2apic"],
  [
    "Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v1 Skylake-Client-v2 Skylake-Client-v3 Skylake-Client-v4",
    "GenuineIntel",
    6,
    94,
    3,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  [
    "Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v1 Skylake-Server-v2 Skylake-Server-v3 Skylake-Server-v4 Skylake-Server-v5",
    "GenuineIntel",
    6,
    85,
    4,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  [
    "Snowridge Snowridge-v1 Snowridge-v2 Snowridge-v3 Snowridge-v4",
    "GenuineIntel",
    6,
    134,
    1,
    0x078bfbfd,
    40,
    "lm x2apic",
  ],
  ["Westmere Westmere-IBRS Westmere-v1 Westmere-v2", "GenuineIntel", 6, 44, 1, 0x078bfbfd, 40, "lm"],
  ["YongFeng YongFeng-v1", "CentaurHauls", 7, 11, 3, 0x0fcbfbfd, 40, "lm x2apic"],
  ["YongFeng-v2", "CentaurHauls", 7, 91, 3, 0x0fcbfbfd, 40, "lm x2apic"],
  ["athlon athlon-v1", "AuthenticAMD", 6, 2, 3, 0x0783fbfd, 36, ""],
  ["core2duo core2duo-v1", "GenuineIntel", 6, 15, 11, 0x0fcbfbfd, 40, "lm"],
  ["coreduo coreduo-v1", "GenuineIntel", 6, 14, 8, 0x0fc9fbfd, 36, ""],
  ["kvm32 kvm32-v1", "GenuineIntel", 15, 6, 1, 0x078bfbfd, 36, ""],
  ["kvm64 kvm64-v1", "GenuineIntel", 15, 6, 1, 0x078bfbfd, 40, "lm"],
  ["n270 n270-v1", "GenuineIntel", 6, 28, 2, 0x0fc9fbfd, 36, ""],
  ["pentium pentium-v1", "GenuineIntel", 5, 4, 3, 0x008003bd, 32, ""],
  ["pentium2 pentium2-v1", "GenuineIntel", 6, 5, 2, 0x0183fbfd, 36, ""],
  ["pentium3 pentium3-v1", "GenuineIntel", 6, 7, 3, 0x0383fbfd, 36, ""],
  ["qemu32 qemu32-v1", "GenuineIntel", 6, 6, 3, 0x0781abfd, 36, ""],
  ["qemu64 qemu64-v1", "AuthenticAMD", 15, 107, 1, 0x078bfbfd, 40, "lm"],
  ["base", "", 0, 0, 0, 0x00000000, 32, ""],
  ["max", "AuthenticAMD", 6, 6, 3, 0x0fcbfbfd, 40, "lm x2apic"],
];

function expand([, vendor, family, model, stepping, features, physBits, flags]: Row): CpuModel {
  const has = (flag: string): boolean => flags.split(" ").includes(flag);
  return {
    vendor,
    family,
    model,
    stepping,
    features,
    physBits,
    longMode: has("lm"),
    x2apic: has("x2apic"),
    topologyExtensions: has("topoext"),
  };
}

/** By name; names are case-sensitive. */
export const CPU_MODELS: ReadonlyMap<string, CpuModel> = new Map(
  ROWS.flatMap((row) => row[0].split(" ").map((name) => [name, expand(row)] as const)),
);
