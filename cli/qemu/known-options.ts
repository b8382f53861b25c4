/** Options that QEMU has on this architecture and Backplane does not have yet, with an argument. */
const WITH_ARGUMENT =
  "add-fd mem-path k fda fdb hda hdb hdc hdd cdrom blockdev drive mtdblock sd fsdev virtfs iscsi usbdevice spice netdev bios " +
  "pflash kernel shim append initrd dtb compat debugcon gdb dfilter seed L xen-domid loadvm option-rom icount echr incoming " +
  "prom-env semihosting-config sandbox trace plugin qtest qtest-log run-with dump-vmstate boot fw_cfg acpitable smbios numa";

/** … and without. */
const WITHOUT_ARGUMENT =
  "mem-prealloc snapshot usb full-screen win2k-hack no-fd-bootchk preconfig s xen-attach xen-domid-restrict " +
  "daemonize only-migratable semihosting old-param enable-sync-profile perfmap jitdump";

/** Whether an option that we do not have takes an argument; undefined for what QEMU does not have either. */
export function knownOption(name: string): { readonly takesArgument: boolean } | undefined {
  if (WITH_ARGUMENT.split(" ").includes(name)) return { takesArgument: true };
  return WITHOUT_ARGUMENT.split(" ").includes(name) ? { takesArgument: false } : undefined;
}
