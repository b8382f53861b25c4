import { type CliCase, lines } from "./cli-case.ts";

const SNP = "-object sev-snp-guest,id=s,reduced-phys-bits=1";
const SEV = "-object sev-guest,id=s,cbitpos=51,reduced-phys-bits=1";
const Q35 = "-machine q35,accel=tcg";
const BARE = "-nodefaults -display none -serial none";

/** Encrypted guests, on a host without KVM. What a machine of SNP says comes without the program's name, now and then. */
export const sevLines: CliCase[] = [
  ...lines("sev", BARE, {
    support: `${Q35},confidential-guest-support=s ${SEV}`,
    "support-path": `${Q35},confidential-guest-support=/objects/s ${SEV}`,
    encryption: `${Q35},memory-encryption=s ${SEV}`,
    "encryption-none": `-machine none,memory-encryption=s ${SEV}`,
    "support-missing": `${Q35},confidential-guest-support=nosuch`,
    "encryption-missing": `${Q35},memory-encryption=nosuch`,
    "support-backend": `${Q35},confidential-guest-support=m -object memory-backend-ram,id=m,size=128M`,
    "support-other": `${Q35},confidential-guest-support=r -object rng-builtin,id=r`,
    "encryption-other": `${Q35},memory-encryption=r -object rng-builtin,id=r`,
    "support-before-device": `${Q35},confidential-guest-support=s ${SEV} -device nvdimm`,
    "no-phys-bits": `${Q35} -object sev-guest,id=s`,
    "no-phys-bits-snp": `${Q35} -object sev-snp-guest,id=s`,
    "cbitpos-negative": `${Q35} -object sev-guest,id=s,cbitpos=-1`,
    "phys-bits-large": `${Q35} -object sev-guest,id=s,reduced-phys-bits=0x100000000`,
    "policy-large": `${Q35} ${SEV},policy=0x1ffffffff`,
    "handle-large": `${Q35} ${SEV},handle=0x100000000`,
    "legacy-bad": `${Q35} ${SEV},legacy-vm-type=maybe`,
    "hashes-bad": `${Q35} ${SEV},kernel-hashes=maybe`,
    "property-bad": `${Q35} ${SEV},nosuch=1`,
    common: `${Q35} -object sev-common,id=s`,
    "id-block-short": `${Q35} ${SNP},id-block=aGVsbG8=`,
    "id-block-no-base64": `${Q35} ${SNP},id-block=a*b`,
    "id-block-part": `${Q35} ${SNP},id-block=xx`,
    "id-block-padded": `${Q35} ${SNP},id-block=ab=c`,
    "host-data-short": `${Q35} ${SNP},host-data=aGVsbG8=`,
    "workarounds-short": `${Q35} ${SNP},guest-visible-workarounds=aGVsbG8=`,
    "snp-policy-large": `${Q35} ${SNP},policy=0x1ffffffffffffffff`,
    "snp-policy-negative": `${Q35} ${SNP},policy=-1`,
    help: "-object sev-guest,help",
    "help-snp": "-object sev-snp-guest,help",
  }),
];
