/** A machine whose migration stream is captured before its first instruction. */
export interface MigrationCase {
  readonly name: string;
  readonly args: readonly string[];
  /** Keeps the whole stream; otherwise only its skeleton. */
  readonly whole: boolean;
}

export const migrationCases: readonly MigrationCase[] = [
  { name: "none-64m", args: ["-machine", "none", "-m", "64M", "-nodefaults", "-display", "none"], whole: true },
  {
    name: "q35-128m",
    args: ["-machine", "q35,accel=tcg", "-m", "128M", "-nodefaults", "-display", "none", "-serial", "none"],
    whole: false,
  },
  {
    name: "q35-defaults",
    // Cards of the user's network carry its state besides.
    args: ["-machine", "q35,accel=tcg", "-m", "16M", "-display", "none", "-nic", "none", "-device", "e1000e"],
    whole: false,
  },
  {
    name: "q35-cards",
    args: [
      "-machine q35,accel=tcg -m 16M -nodefaults -display none -device pcie-root-port,id=rp -device virtio-rng-pci,bus=rp",
      '-blockdev {"driver":"null-co","node-name":"n","read-zeroes":true,"size":1048576}',
      "-device virtio-blk-pci,drive=n,num-queues=2 -device virtio-keyboard-pci -device virtio-tablet-pci,vectors=0",
      "-device virtio-rng-pci,disable-modern=on -device pcie-pci-bridge -device i82801b11-bridge,id=dmi",
      "-device pci-bridge,chassis_nr=2,bus=dmi,id=br -device i6300esb,bus=br,addr=3 -device pci-bridge,chassis_nr=3,shpc=off",
      "-device ib700 -device secondary-vga -device ich9-ahci -parallel null",
      "-object memory-backend-ram,id=records,size=64K -device acpi-erst,memdev=records",
    ].flatMap((line) => line.split(" ")),
    whole: false,
  },
];
