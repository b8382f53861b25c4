/** Lines that ours answers otherwise than the peer, and why. The first that matches counts. */
export const DIFFERENCES: readonly (readonly [line: RegExp, why: string])[] = [
  [/^info chardev$/, "the test's own monitor is on a character device of another kind"],
  [/^info kvm$/, "the executable has no KVM, and does not say it had"],
  [/^info registers(?! x| 99| -a x)/, "processors have no registers: the firmware is a script"],
  [/^p \$(?:pc|eip|eax|cs)$/, "processors have no registers: the firmware is a script"],
  [/^x\/2i 0$|^xp 0$/, "there is no disassembler"],
  [/^xp\/(?!q|4xz|0x|-1|4xb 0|x)|^xp\/.*0xf|^sum 0xffff0 16$/, "the ROM of a machine without firmware is empty"],
  [/^migrate_set_parameter tls-creds abc$/, "migration has no TLS"],
  [/^chardev-add socket,id=c1$/, "of a socket without an address the command line's words are used"],
  [/^drive_add 0 if=none/, "a drive that cannot be made is told as an error"],
];

/** Commands of the peer that there are not; `info virtio-status` is with the virtio devices, which not all machines have. */
export const ABSENT: readonly string[] = [
  "info lapic, info irq, info pic, info usbhost, info virtio-status, info sync-profile, gpa2hpa",
  "logfile, log, delvm, one-insn-per-tb, mouse_set, boot_set, client_migrate_info",
  "dump-guest-memory, snapshot_blkdev, snapshot_blkdev_internal, drive_mirror",
  "snapshot_delete_blkdev_internal, drive_backup, eject, change, commit, block_stream, block_job_cancel",
  "block_job_pause, block_job_resume, block_job_complete, block_job_set_speed, block_set_io_throttle, qemu-io",
  "pcie_aer_inject_error, netdev_add, netdev_del, set_link, nbd_server_start, nbd_server_add",
  "nbd_server_remove, mce, set_password, expire_password, calc_dirty_rate, set_vcpu_dirty_limit",
  "cancel_vcpu_dirty_limit, gdbserver, sync-profile, wavcapture, stopcapture, screendump",
].flatMap((line) => line.split(", "));

/** What a machine lacks besides. */
export const ABSENT_FROM: { readonly [machine: string]: readonly string[] } = {
  none: ["sendkey", "device_add pc-dimm,nosuch=1"],
};

/** Queries below `info` that the peer has not. */
export const OWN_QUERIES: readonly string[] = ["ram-block-notifiers "];
