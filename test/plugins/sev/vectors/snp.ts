// virtee/sev-snp-measure (Apache-2.0), tests/test_guest.py at 0a1396f: launch digests of SNP guests with one and four
// processors of the model EPYC-v4, whose firmware is OVMF (AmdSev); the digest of the firmware's own pages is given.
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
/** A page for hashes of a kernel, at an offset in it; zero where there is none. */
export const HASHES_PAGE = { address: 0x80f000, offset: 0xc00 };
export const LAST_PAGES = { address: 0x810000, length: 0x10000, type: "zero" } as const;

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
];
