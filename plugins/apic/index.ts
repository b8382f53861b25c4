import { definePlugin, guestAddress, LIFECYCLE, MEMORY_REGIONS, RESETS, SYSTEM_IO, SYSTEM_MEMORY } from "backplane";
import { SYSTEM_INTERRUPTS } from "./contract.ts";
import { guestInterfacePort } from "./guest-interface.ts";
import { IO_APIC_ADDRESS, IoApic } from "./io-apic.ts";
import { InterruptBoard } from "./lines.ts";
import { LOCAL_APIC_ADDRESS, LocalApic } from "./local-apic.ts";

/** Above everything else: no device can be laid over the range of interrupt messages. */
const MESSAGE_PRIORITY = 0x1000;
const GUEST_INTERFACE_PORT = 0x7e;

export default definePlugin({
  id: "apic",
  apiVersion: 1,
  summary: "the system's interrupt lines, the I/O APIC and the boot processor's local APIC",
  provides: [SYSTEM_INTERRUPTS],
  attach(machine) {
    const regions = machine.use(MEMORY_REGIONS);
    const board = new InterruptBoard();
    machine.provideValue(SYSTEM_INTERRUPTS, board);
    const local = new LocalApic(regions, machine.log.named("lapic"));
    const io = new IoApic(regions, (_address, data) => local.receive(data));
    machine.own(
      machine.use(LIFECYCLE).on("board", () => {
        const { root } = machine.use(SYSTEM_MEMORY);
        root.addSubregion(guestAddress(LOCAL_APIC_ADDRESS), local.region, MESSAGE_PRIORITY);
        root.addSubregion(guestAddress(IO_APIC_ADDRESS), io.region);
        const guestInterface = guestInterfacePort(regions, machine.log);
        machine.use(SYSTEM_IO).root.addSubregion(guestAddress(GUEST_INTERFACE_PORT), guestInterface);
      }),
    );
    machine.own(
      board.connect((line, level) => {
        // The timer's interrupt 0 arrives at input 2 (fw_cfg item irq0_override, MADT §5.2.12.5).
        io.set(line === 0 ? 2 : line, level);
      }),
    );
    machine.own(
      machine.use(RESETS).add(() => {
        local.reset();
        io.reset();
      }),
    );
  },
});
