/** Options that QEMU has on this architecture and Backplane does not have yet, with an argument. */
const WITH_ARGUMENT =
  "add-fd mem-path k fda fdb mtdblock sd fsdev virtfs iscsi usbdevice spice netdev bios " +
  "pflash kernel dtb debugcon gdb dfilter L loadvm option-rom icount echr " +
  "trace plugin dump-vmstate fw_cfg acpitable smbios numa";

/** … and without. */
const WITHOUT_ARGUMENT =
  "mem-prealloc snapshot full-screen win2k-hack no-fd-bootchk s " +
  "only-migratable old-param enable-sync-profile perfmap jitdump";

/** Whether an option that we do not have takes an argument; undefined for what QEMU does not have either. */
export function knownOption(name: string): { readonly takesArgument: boolean } | undefined {
  if (WITH_ARGUMENT.split(" ").includes(name)) return { takesArgument: true };
  return WITHOUT_ARGUMENT.split(" ").includes(name) ? { takesArgument: false } : undefined;
}
