// virtee/sev-snp-measure (Apache-2.0), tests/test_guest.py at 0a1396f: launch digests of SNP guests with one and four
// processors of the model EPYC-v4, whose firmware is OVMF (AmdSev); the digest of the firmware's own pages is given. Its save areas are those of a kernel
// that does not copy the FPU's state.
// The places of OVMF's pages are those of edk2's OvmfPkg/AmdSev/AmdSevX64.fdf.

/** `cpu_sig(family=23, model=1, stepping=2)`. */
export const EPYC_V4 = 0x800f12;
/** Where OVMF has all processors but the first start. */
export const APPLICATION_RESET = 0x80b004;

export const MEMORY_PAGES = [
  { address: 0x800000, length: 0x9000, type: "zero" },
  { address: 0x80a000, length: 0x3000, type: "zero" },
  { address: 0x80d000, length: 0x1000, type: "secrets" },
  { address: 0x80e000, length: 0x1000, type: "cpuid" },
] as const;
/** Behind them all pages are zero, but for the one with hashes of a kernel: which that is depends on OVMF's age. */
export const LAST_PAGES = { address: 0x80f000, length: 0x11000 };
export const HASHES_OFFSET = 0xc00;

export const SNP_MEASURE = [
  {
    name: "test_snp_without_kernel",
    firmware: "edcf6d1c57ce868a167c990f58c8667c698269ef9e0803246419eea914186343054d557e1f17acd93b032c106bc70d25",
    processors: 1,
    commandLine: undefined,
    digest: "e5e6be5a8fa6256f0245666bb237e2d028b7928148ce78d51b8a64dc9506c377709a5b5d7ab75554593bced304fcff93",
  },
  {
    name: "test_snp",
    firmware: "edcf6d1c57ce868a167c990f58c8667c698269ef9e0803246419eea914186343054d557e1f17acd93b032c106bc70d25",
    processors: 1,
    commandLine: "console=ttyS0 loglevel=7",
    digest: "f07864303ad8243132029e8110b92805c78d1135a15da75f67abb9a711d78740347f24ee76f603e650ec4adf3611cc1e",
  },
  {
    name: "test_snp_ovmf_hash_gen",
    firmware: "cab7e085874b3acfdbe2d96dcaa3125111f00c35c6fc9708464c2ae74bfdb048a198cb9a9ccae0b3e5e1a33f5f249819",
    processors: 1,
    commandLine: "",
    digest: "db06fb267824b1ccb56edbe2a9c2ce88841bca5090dc6dac91d9cd30f3c2c0bf42daccb30d55d6625bfbf0dae5c50c6d",
  },
  {
    name: "test_snp_with_multiple_vcpus",
    firmware: "edcf6d1c57ce868a167c990f58c8667c698269ef9e0803246419eea914186343054d557e1f17acd93b032c106bc70d25",
    processors: 4,
    commandLine: "",
    digest: "1c784beb8c49aa604b7fd57fbc73b36ec53a3f5fb48a2b895ad6cc2ea15d18ee7cc15e3e57c792766b45f944c3e81cfe",
  },
].map((vector) => ({ ...vector, features: 0x1, hashesAt: 0x80f000 }));

// virtee/sev (Apache-2.0), tests/measurement.rs at 27b4e17: the same of a newer OVMF and a kernel that copies the FPU's
// state (src/measurement/vmsa.rs, VMMType::QEMU).
const FIRMWARE = "086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74";
const COMMAND_LINE = "console=ttyS0 loglevel=7";

export const VIRTEE_SEV = [
  {
    name: "test_snp_ovmf_hash_gen_snp_only",
    features: 0x1,
    processors: 1,
    commandLine: "",
    digest: "ddc5224521617a536ee7ce9dd6224d1b58a8d4fda1c741f3ac99fc4bfa04ba6e9fc98646d4a07a9079397fa3852819b5",
  },
  {
    name: "test_snp_ovmf_hash_gen_default",
    features: 0x21,
    processors: 1,
    commandLine: "",
    digest: "329c8ce0972ae52343b64d34a434a86f245dfd74f5ed7aae15d22efc78fb9683632b9b50e4e1d7fa41179ef98a7ef198",
  },
  {
    name: "test_snp_ovmf_hash_full_snp_only",
    features: 0x1,
    processors: 1,
    commandLine: COMMAND_LINE,
    digest: "6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa",
  },
  {
    name: "test_snp_ovmf_hash_full_default",
    features: 0x21,
    processors: 1,
    commandLine: COMMAND_LINE,
    digest: "803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977",
  },
  {
    name: "test_snp_without_kernel_snp_only",
    features: 0x1,
    processors: 1,
    commandLine: undefined,
    digest: "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d",
  },
  {
    name: "test_snp_without_kernel_default",
    features: 0x21,
    processors: 1,
    commandLine: undefined,
    digest: "e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af9b63f6e8a1674dbf281a9278a4a2ebe0eed9f22adbcd0e2b",
  },
  {
    name: "test_snp_with_multiple_vcpus_snp_only",
    features: 0x1,
    processors: 4,
    commandLine: "",
    digest: "5061fffb019493a903613d56d54b94912a1a2f9e4502385f5c194616753720a92441310ba6c4933de877c36e23046ad5",
  },
  {
    name: "test_snp_with_multiple_vcpus_default",
    features: 0x21,
    processors: 4,
    commandLine: "",
    digest: "4953b1fb416fa874980e8442b3706d345926d5f38879134e00813c5d7abcbe78eafe7b422907be0b4698e2414a631942",
  },
].map((vector) => ({ ...vector, firmware: FIRMWARE, hashesAt: 0x810000 }));
