// What TCG cannot do of what a processor promises: the peer says so of every processor at start, one line a feature.

/**
 * Words of CPUID and model-specific registers (Intel SDM volumes 2A and 4, AMD APM volume 3) with their features and
 * bits, in the peer's order. The features of some mean nothing without another one.
 */
const WORDS: readonly (readonly [word: string, needs: string, features: string])[] = [
  ["CPUID.01H:EDX", "", "vme:1 pn:18 ds:21 tm:29 ia64:30 pbe:31"],
  ["CPUID.01H:ECX", "", "dtes64:2 ds-cpl:4 smx:6 est:7 tm2:8 cid:10 pdcm:15 pcid:17 dca:18 tsc-deadline:24"],
  [
    "CPUID.07H:EBX",
    "",
    "tsc-adjust:1 sgx:2 hle:4 fdp-excptn-only:6 invpcid:10 rtm:11 avx512f:16 avx512dq:17 avx512ifma:21 pcommit:22 intel-pt:25 avx512pf:26 avx512er:27 avx512cd:28 avx512bw:30 avx512vl:31",
  ],
  [
    "CPUID.07H:ECX",
    "",
    "avx512vbmi:1 avx512vbmi2:6 gfni:8 vpclmulqdq:10 avx512vnni:11 avx512bitalg:12 avx512-vpopcntdq:14 bus-lock-detect:24 cldemote:25 movdiri:27 movdir64b:28",
  ],
  ["CPUID.07H:ECX", "sgx", "sgxlc:30"],
  [
    "CPUID.07H:EDX",
    "",
    "avx512-4vnniw:2 avx512-4fmaps:3 avx512-vp2intersect:8 md-clear:10 serialize:14 tsx-ldtrk:16 arch-lbr:19 amx-bf16:22 avx512-fp16:23 amx-tile:24 amx-int8:25 spec-ctrl:26 stibp:27 flush-l1d:28 arch-capabilities:29 core-capability:30 ssbd:31",
  ],
  ["CPUID.07H:EAX", "", "sha512:0 sm3:1 sm4:2 avx-vnni:4 avx512-bf16:5 lkgs:18 amx-fp16:21 avx-ifma:23 lam:26"],
  ["CPUID.80000001H:EDX", "", "fxsr-opt:25"],
  [
    "CPUID.80000001H:ECX",
    "",
    "extapic:3 misalignsse:7 osvw:9 ibs:10 xop:11 skinit:12 lwp:15 fma4:16 tce:17 nodeid-msr:19 tbm:21 topoext:22 perfctr-core:23 perfctr-nb:24",
  ],
  ["CPUID.80000007H:EBX", "", "overflow-recov:0 succor:1"],
  ["CPUID.80000007H:EDX", "", "invtsc:8"],
  [
    "CPUID.80000008H:EBX",
    "",
    "clzero:0 ibpb:12 ibrs:14 amd-stibp:15 stibp-always-on:17 amd-ssbd:24 virt-ssbd:25 amd-no-ssb:26 amd-psfd:28",
  ],
  [
    "CPUID.80000021H:EAX",
    "",
    "no-nested-data-bp:0 lfence-always-serializing:2 null-sel-clr-base:6 auto-ibrs:8 eraps:24 sbpb:27 ibpb-brtype:28 srso-no:29 srso-user-kernel-no:30",
  ],
  ["CPUID.80000022H:EAX", "", "perfmon-v2:0"],
  [
    "CPUID.C0000001H:EDX",
    "",
    "xstore:2 xstore-en:3 xcrypt:6 xcrypt-en:7 ace2:8 ace2-en:9 phe:10 phe-en:11 pmm:12 pmm-en:13",
  ],
  [
    "CPUID.8000000AH:EDX",
    "svm",
    "npt:0 lbrv:1 svm-lock:2 nrip-save:3 tsc-scale:4 vmcb-clean:5 flushbyasid:6 decodeassists:7 pause-filter:10 pfthreshold:12 avic:13 v-vmsave-vmload:15 vgif:16 vnmi:25 svme-addr-chk:28",
  ],
  ["CPUID.0DH:EAX", "", "xsavec:1 xsaves:3 xfd:4"],
  [
    "MSR(10AH)",
    "arch-capabilities",
    "rdctl-no:0 ibrs-all:1 rsba:2 skip-l1dfl-vmentry:3 ssb-no:4 mds-no:5 pschange-mc-no:6 tsx-ctrl:7 taa-no:8 sbdr-ssdp-no:13 fbsdp-no:14 psdp-no:15 fb-clear:17 bhi-no:20 pbrsb-no:24 gds-no:26 rfds-no:27 rfds-clear:28",
  ],
  ["MSR(CFH)", "core-capability", "split-lock-detect:5"],
  ["MSR(345H)", "pdcm", "full-width-write:13"],
  ["CPUID.14H:ECX", "intel-pt", "intel-pt-lip:31"],
  ["CPUID.12H:EAX", "sgx", "sgx1:0 sgx2:1 sgx-edeccssa:11"],
  ["CPUID.12H:EBX", "sgx", "sgx-exinfo:0"],
  ["CPUID.12H:EAX", "sgx", "sgx-debug:1 sgx-mode64:2 sgx-provisionkey:4 sgx-tokenkey:5 sgx-kss:7 sgx-aex-notify:10"],
  ["CPUID.07H:EDX", "", "avx-vnni-int8:4 avx-ne-convert:5 amx-complex:8 avx-vnni-int16:10 prefetchiti:14 avx10:19"],
  ["CPUID.07H:EDX", "", "intel-psfd:0 ipred-ctrl:1 rrsba-ctrl:2 ddpd-u:3 bhi-ctrl:4 mcdt-no:5"],
  ["CPUID.24H:EBX", "avx10", "avx10-128:16 avx10-256:17 avx10-512:18"],
  ["", "", "avx10-version"],
];

/** Features that depend on others, and that TCG knows. */
const KNOWN = new Set(["npt", "vgif", "svme-addr-chk"]);
/** Models that promise a feature that TCG knows and others depend on. */
const SVM_MODELS: readonly string[] = [
  "Dhyana",
  "Dhyana-v1",
  "Dhyana-v2",
  "EPYC",
  "EPYC-Genoa",
  "EPYC-Genoa-v1",
  "EPYC-IBPB",
  "EPYC-Milan",
  "EPYC-Milan-v1",
  "EPYC-Milan-v2",
  "EPYC-Rome",
  "EPYC-Rome-v1",
  "EPYC-Rome-v2",
  "EPYC-Rome-v3",
  "EPYC-Rome-v4",
  "EPYC-v1",
  "EPYC-v2",
  "EPYC-v3",
  "EPYC-v4",
  "Opteron_G2",
  "Opteron_G2-v1",
  "Opteron_G3",
  "Opteron_G3-v1",
  "Opteron_G4",
  "Opteron_G4-v1",
  "Opteron_G5",
  "Opteron_G5-v1",
  "host",
  "max",
  "phenom",
  "phenom-v1",
  "qemu64",
  "qemu64-v1",
];

/** Models by what they lack. */
const LACKS: readonly (readonly [models: string, features: string])[] = [
  ["Broadwell Broadwell-v1 Haswell Haswell-v1", "pcid tsc-deadline hle invpcid rtm"],
  ["Broadwell-IBRS Broadwell-v3 Haswell-IBRS Haswell-v3", "pcid tsc-deadline hle invpcid rtm spec-ctrl"],
  ["Broadwell-noTSX Broadwell-v2 Haswell-noTSX Haswell-v2", "pcid tsc-deadline invpcid"],
  ["Broadwell-noTSX-IBRS Broadwell-v4 Haswell-noTSX-IBRS Haswell-v4", "pcid tsc-deadline invpcid spec-ctrl"],
  [
    "Cascadelake-Server Cascadelake-Server-v1",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl avx512vnni spec-ctrl ssbd xsavec",
  ],
  [
    "Cascadelake-Server-noTSX Cascadelake-Server-v3 Cascadelake-Server-v4",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512cd avx512bw avx512vl avx512vnni spec-ctrl arch-capabilities ssbd xsavec",
  ],
  [
    "Cascadelake-Server-v2",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl avx512vnni spec-ctrl arch-capabilities ssbd xsavec",
  ],
  [
    "Cascadelake-Server-v5",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512cd avx512bw avx512vl avx512vnni spec-ctrl arch-capabilities ssbd xsavec xsaves",
  ],
  [
    "ClearwaterForest ClearwaterForest-v1",
    "pcid tsc-deadline tsc-adjust invpcid gfni vpclmulqdq bus-lock-detect cldemote movdiri movdir64b serialize spec-ctrl arch-capabilities ssbd sha512 sm3 sm4 avx-vnni avx-ifma lam xsavec xsaves avx-vnni-int8 avx-ne-convert avx-vnni-int16 prefetchiti intel-psfd ipred-ctrl rrsba-ctrl ddpd-u bhi-ctrl mcdt-no",
  ],
  [
    "Cooperlake Cooperlake-v1",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl avx512vnni spec-ctrl stibp arch-capabilities ssbd avx512-bf16 xsavec",
  ],
  [
    "Cooperlake-v2",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl avx512vnni spec-ctrl stibp arch-capabilities ssbd avx512-bf16 xsavec xsaves",
  ],
  ["Denverton Denverton-v1 Denverton-v2", "tsc-deadline spec-ctrl arch-capabilities ssbd xsavec"],
  ["Denverton-v3", "tsc-deadline spec-ctrl arch-capabilities ssbd xsavec xsaves"],
  ["Dhyana Dhyana-v1 EPYC-IBPB EPYC-v2", "fxsr-opt misalignsse osvw topoext ibpb nrip-save xsavec"],
  ["Dhyana-v2", "fxsr-opt misalignsse osvw topoext ibpb nrip-save xsavec xsaves"],
  ["EPYC EPYC-v1", "fxsr-opt misalignsse osvw topoext nrip-save xsavec"],
  [
    "EPYC-Genoa EPYC-Genoa-v1",
    "pcid invpcid avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq avx512-bf16 fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb ibrs amd-stibp stibp-always-on amd-ssbd amd-psfd no-nested-data-bp lfence-always-serializing null-sel-clr-base auto-ibrs nrip-save vnmi xsavec xsaves",
  ],
  [
    "EPYC-Milan EPYC-Milan-v1",
    "pcid invpcid fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb ibrs amd-stibp amd-ssbd nrip-save xsavec xsaves",
  ],
  [
    "EPYC-Milan-v2",
    "pcid invpcid vpclmulqdq fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb ibrs amd-stibp stibp-always-on amd-ssbd amd-psfd no-nested-data-bp lfence-always-serializing null-sel-clr-base nrip-save xsavec xsaves",
  ],
  [
    "EPYC-Rome EPYC-Rome-v1",
    "fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb amd-stibp nrip-save xsavec xsaves",
  ],
  [
    "EPYC-Rome-v2 EPYC-Rome-v3",
    "fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb ibrs amd-stibp amd-ssbd nrip-save xsavec xsaves",
  ],
  [
    "EPYC-Rome-v4",
    "fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb ibrs amd-stibp amd-ssbd nrip-save xsavec",
  ],
  ["EPYC-v3 EPYC-v4", "fxsr-opt misalignsse osvw topoext perfctr-core clzero ibpb nrip-save xsavec xsaves"],
  [
    "GraniteRapids GraniteRapids-v1",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq bus-lock-detect serialize tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl arch-capabilities ssbd avx-vnni avx512-bf16 amx-fp16 xsavec xsaves xfd prefetchiti mcdt-no",
  ],
  [
    "GraniteRapids-v2",
    "pcid tsc-deadline tsc-adjust hle invpcid rtm avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq bus-lock-detect cldemote movdiri movdir64b serialize tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl arch-capabilities ssbd avx-vnni avx512-bf16 amx-fp16 xsavec xsaves xfd prefetchiti avx10 mcdt-no avx10-128 avx10-256 avx10-512 avx10-version",
  ],
  [
    "Icelake-Server Icelake-Server-v1",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq spec-ctrl ssbd xsavec",
  ],
  [
    "Icelake-Server-noTSX Icelake-Server-v2",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq spec-ctrl ssbd xsavec",
  ],
  [
    "Icelake-Server-v3",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq spec-ctrl arch-capabilities ssbd xsavec",
  ],
  [
    "Icelake-Server-v4",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq spec-ctrl arch-capabilities ssbd xsavec",
  ],
  [
    "Icelake-Server-v5 Icelake-Server-v6",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq spec-ctrl arch-capabilities ssbd xsavec xsaves",
  ],
  [
    "Icelake-Server-v7",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq spec-ctrl arch-capabilities ssbd xsavec xsaves",
  ],
  ["IvyBridge IvyBridge-v1 SandyBridge SandyBridge-v1", "tsc-deadline"],
  ["IvyBridge-IBRS IvyBridge-v2 SandyBridge-IBRS SandyBridge-v2", "tsc-deadline spec-ctrl"],
  [
    "KnightsMill KnightsMill-v1",
    "tsc-deadline avx512f avx512pf avx512er avx512cd avx512-vpopcntdq avx512-4vnniw avx512-4fmaps",
  ],
  ["Nehalem-IBRS Nehalem-v2 Westmere-IBRS Westmere-v2", "spec-ctrl"],
  ["Opteron_G3 Opteron_G3-v1", "misalignsse"],
  ["Opteron_G4 Opteron_G4-v1", "misalignsse xop fma4 nrip-save"],
  ["Opteron_G5 Opteron_G5-v1", "misalignsse xop fma4 tbm nrip-save"],
  [
    "SapphireRapids SapphireRapids-v1 SapphireRapids-v2",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq bus-lock-detect serialize tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl arch-capabilities ssbd avx-vnni avx512-bf16 xsavec xsaves xfd",
  ],
  [
    "SapphireRapids-v3",
    "pcid tsc-deadline tsc-adjust hle invpcid rtm avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl avx512vbmi avx512vbmi2 gfni vpclmulqdq avx512vnni avx512bitalg avx512-vpopcntdq bus-lock-detect cldemote movdiri movdir64b serialize tsx-ldtrk amx-bf16 avx512-fp16 amx-tile amx-int8 spec-ctrl arch-capabilities ssbd avx-vnni avx512-bf16 xsavec xsaves xfd",
  ],
  [
    "SierraForest SierraForest-v1",
    "pcid tsc-deadline invpcid gfni vpclmulqdq bus-lock-detect serialize spec-ctrl arch-capabilities ssbd avx-vnni avx-ifma xsavec xsaves avx-vnni-int8 avx-ne-convert mcdt-no",
  ],
  [
    "SierraForest-v2",
    "pcid tsc-deadline tsc-adjust invpcid gfni vpclmulqdq bus-lock-detect cldemote movdiri movdir64b serialize spec-ctrl arch-capabilities ssbd avx-vnni avx-ifma lam xsavec xsaves avx-vnni-int8 avx-ne-convert intel-psfd ipred-ctrl rrsba-ctrl bhi-ctrl mcdt-no",
  ],
  ["Skylake-Client Skylake-Client-v1", "pcid tsc-deadline hle invpcid rtm xsavec"],
  ["Skylake-Client-IBRS Skylake-Client-v2", "pcid tsc-deadline hle invpcid rtm spec-ctrl xsavec"],
  ["Skylake-Client-noTSX-IBRS Skylake-Client-v3", "pcid tsc-deadline invpcid spec-ctrl xsavec"],
  ["Skylake-Client-v4", "pcid tsc-deadline invpcid spec-ctrl xsavec xsaves"],
  [
    "Skylake-Server Skylake-Server-v1",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl xsavec",
  ],
  [
    "Skylake-Server-IBRS Skylake-Server-v2",
    "pcid tsc-deadline hle invpcid rtm avx512f avx512dq avx512cd avx512bw avx512vl spec-ctrl xsavec",
  ],
  [
    "Skylake-Server-noTSX-IBRS Skylake-Server-v3 Skylake-Server-v4",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512cd avx512bw avx512vl spec-ctrl xsavec",
  ],
  [
    "Skylake-Server-v5",
    "pcid tsc-deadline invpcid avx512f avx512dq avx512cd avx512bw avx512vl spec-ctrl xsavec xsaves",
  ],
  [
    "Snowridge Snowridge-v1 Snowridge-v2",
    "tsc-deadline gfni cldemote movdiri movdir64b spec-ctrl arch-capabilities core-capability ssbd xsavec split-lock-detect",
  ],
  [
    "Snowridge-v3",
    "tsc-deadline gfni cldemote movdiri movdir64b spec-ctrl arch-capabilities core-capability ssbd xsavec xsaves split-lock-detect",
  ],
  ["Snowridge-v4", "tsc-deadline gfni cldemote movdiri movdir64b spec-ctrl arch-capabilities ssbd xsavec xsaves"],
  [
    "YongFeng YongFeng-v1 YongFeng-v2",
    "pcid tsc-deadline invpcid spec-ctrl arch-capabilities invtsc xstore xstore-en xcrypt xcrypt-en ace2 phe phe-en pmm pmm-en",
  ],
  ["phenom phenom-v1", "fxsr-opt"],
];

/** No bit: the version is a number in a leaf of its own. */
const VERSION = { name: "avx10-version", text: "avx10.1." } as const;

interface WordFeature {
  readonly name: string;
  readonly text: string;
  readonly needs: string;
}

let known: readonly WordFeature[] | undefined;

function wordFeatures(): readonly WordFeature[] {
  return (known ??= WORDS.flatMap(([word, needs, features]) =>
    features.split(" ").map((feature) => {
      const [name = "", bit = ""] = feature.split(":");
      return { name, needs, text: name === VERSION.name ? VERSION.text : `${word}.${name} [bit ${bit}]` };
    }),
  ));
}

/** What is wrong with what a processor promises, in the peer's words and order. */
export interface FeatureFaults {
  /** Features that mean nothing without another one. */
  readonly dependent: readonly string[];
  /** Features that TCG lacks. */
  readonly missing: readonly string[];
  /** Their names; a version is none. */
  readonly missingNames: readonly string[];
}

/** `given` are the features that were switched on or off beyond what the model says. */
export function featureFaults(model: string, given: ReadonlyMap<string, boolean>): FeatureFaults {
  const lacked = new Set(LACKS.find(([models]) => models.split(" ").includes(model))?.[1].split(" "));
  if (lacked.size === 0 && given.size === 0) return { dependent: [], missing: [], missingNames: [] };
  const promises = (name: string): boolean =>
    given.get(name) ?? (lacked.has(name) || (name === "svm" && SVM_MODELS.includes(model)));
  const wanted = wordFeatures().filter(({ name }) => promises(name));
  const isDependent = ({ needs }: WordFeature): boolean => needs !== "" && !promises(needs);
  const missing = wanted.filter((each) => !isDependent(each) && !KNOWN.has(each.name));
  return {
    dependent: wanted.filter(isDependent).map(({ text }) => text),
    missing: missing.map(({ text }) => text),
    missingNames: missing.map(({ name }) => name).filter((name) => name !== VERSION.name),
  };
}
