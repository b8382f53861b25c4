/** The hand-written beginning of docs/notifiers.md. */
export const NOTIFIERS_INTRODUCTION = `# What breaks if nobody is told?

A reviewer of the series ([thread.md](thread.md)) asked of its notifiers: can any of this happen, or is it dead code? This
page answers for each of the five kinds, and then lists every subscriber with what it does about each. The tables are
made of the plugins' manifests by \`npm run docs\`; a test compares, and another holds that every claim below "what breaks"
has a test which takes that one callback away and fails.

\`backplane notifiers CONFIG\` prints the same for one machine, live; \`--watch\` runs it and prints what is told;
\`--untold migration/ram:resized\` takes a callback away, to see for yourself.

**added** happens for every block of every machine, mostly before the guest runs, and later for whatever is plugged. Those
who hear it give the block to something that is not QEMU: a kernel's table of pinned pages, a device's IOMMU, a ring of
registered buffers, a hypervisor. Untold, nothing fails at once; the block simply is not there for them, which shows as a
DMA fault, as a guest that cannot be entered, as a measurement that does not cover what runs. \`migration/ram\` need not
hear it: a block that comes is not migratable yet.

**resized** is the one that the reviewer could not trigger. \`configs/acpi-resize.yaml\` does, on the peer as well: ACPI
tables that just fit are rebuilt when the firmware first looks, and no longer fit. Untold, a migration completes. Its
stream has announced the old length, so what the block has grown by is never sent. Whoever maps a block by \`maxLength\`
need not care; whoever maps by \`usedLength\` leaves a hole.

**idstr** and **migratable** change in every machine: memory is allocated without a name, and the device that it is
plugged into names it and makes it migratable. While a migration runs that is harder, since \`device_add\` and
\`device_del\` are refused then. It happens all the same. \`device_del\` only asks; the *guest* lets go, whenever it likes. Ask
before the migration starts, have the guest eject while it runs, and a migratable block loses its name, its
migratability, and then itself. QEMU 10.0.2 does exactly that, in its default configuration (measured on Debian's build and
on upstream's, with an \`e1000e\` behind a \`pcie-root-port\`; \`test/peer/eject.test.ts\`): the migration stays \`active\`, the
table shows a block with an empty name for a while, and the migration *completes*. Its stream has announced
\`0000:00:01.0:00.0/e1000e.rom\`. A destination that is configured as the source now is refuses it: \`Unknown ramblock
"0000:00:01.0:00.0/e1000e.rom", cannot accept migration\`. A destination that still has the card accepts, and the guest
meets a card that it has removed. Here the migration is aborted with the block's name as the reason:

    backplane notifiers configs/eject-amid-migration.yaml --watch
    backplane notifiers configs/eject-amid-migration.yaml --watch --untold migration/ram:removed

\`QEMU=qemu-system-x86_64 sh test/fixtures/eject.sh\` shows the peer. So it can be triggered, by a guest, at will.

**removed** is the second half of that story for migration, and the whole story for everyone who maps: an address that
is mapped, pinned or registered when its memory goes is a device that writes into whatever the host puts there next.
NVMM's accelerator in QEMU 10.0 has no such callback; the policy \`nvmm: { removal: qemu-10.0 }\` shows what that
comes to.

**Failure** is the other half of the contract. The peer's callbacks return nothing, so each subscriber has found its own
way to fail: SEV ends the process, VFIO prints and goes on, the block layer's registrar gives up for good. The tables
say which. Here a callback may throw: the registry tells everyone else first, then lets one error leave; a block whose
addition was refused is taken back.

**Host mappings** are not blocks: Xen's map cache reaches guest memory through windows that come and go. In the peer it
announces them as if they were blocks, by address, and subscribers find out by looking the address up. A callback that is
passed the block, as the series has it, has nothing to be passed here. So they have a registry of their own, which migration
does not join; who pins or maps all memory joins both.

What the registry tells is the business of the plugin [\`numa\`](../plugins/numa/README.md), in whose file the peer keeps it:
\`numa: { notifiers: qemu-10.0 }\` tells the three kinds that QEMU 10.0 knows, \`series\` (the default) all five.
`;
