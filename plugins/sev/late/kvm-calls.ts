/** The calls that can be told to fail. */
export const KVM_CALLS = [
  "registerRegion",
  "unregisterRegion",
  "setPrivate",
  "openDevice",
  "platformStatus",
  "exportCertificates",
  "chipId",
  "initialize",
  "initialize2",
  "launchStart",
  "launchUpdateData",
  "launchUpdateVmsa",
  "launchMeasure",
  "launchFinish",
  "launchSecret",
  "guestStatus",
  "attestationReport",
  "snpLaunchStart",
  "snpLaunchUpdate",
  "snpLaunchFinish",
] as const;
export type KvmCall = (typeof KVM_CALLS)[number];
