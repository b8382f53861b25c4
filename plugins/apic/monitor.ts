import { q, type Command } from "backplane";
import { h, type HumanCommand } from "backplane/plugins/hmp/contract";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import type { InterruptControllers } from "./contract.ts";
import { localApicText } from "./local-apic-text.ts";
import type { ApicBus } from "./processor-bus.ts";

const text = q.struct("HumanReadableText", { "human-readable-text": q.str });

function controllersText(controllers: InterruptControllers): string {
  return controllers
    .all()
    .map((controller) => controller.text())
    .join("");
}

function countsText(controllers: InterruptControllers): string {
  return controllers
    .all()
    .map(({ object, counts }) => {
      if (counts === undefined) return "";
      const lines = Array.from(counts, (count, input) => ({ count, input })).filter(({ count }) => count > 0);
      return `IRQ statistics for ${object.type}:\n${lines.map(({ count, input }) => `${String(input).padStart(2)}: ${count}\n`).join("")}`;
    })
    .join("");
}

/** `x-query-irq`, `x-query-interrupt-controllers`. */
export function queryCommands(controllers: InterruptControllers): readonly Command[] {
  const common = { arguments: q.none, result: text, unstable: true } as const;
  return [
    {
      ...common,
      name: "x-query-irq",
      summary: "How often each input of the interrupt controllers was raised, as text",
      run: () => ({ "human-readable-text": countsText(controllers) }),
    },
    {
      ...common,
      name: "x-query-interrupt-controllers",
      summary: "The interrupt controllers' registers, as text",
      run: () => ({ "human-readable-text": controllersText(controllers) }),
    },
  ];
}

/** `info irq`, `info pic`. */
export function humanCommands(controllers: InterruptControllers): readonly HumanCommand[] {
  return [
    { name: "info irq", summary: "how often each interrupt was raised", run: () => countsText(controllers) },
    { name: "info pic", summary: "the interrupt controllers", run: () => controllersText(controllers) },
  ];
}

const lapicArguments = { "apic-id": h.optional(h.int) };

/** `info lapic`. */
export function infoLapic(bus: ApicBus, cpus: Cpus): HumanCommand<typeof lapicArguments> {
  return {
    name: "info lapic",
    params: "[apic-id]",
    summary: "a processor's local APIC; the one that `cpu` has chosen, or the one with an id",
    arguments: lapicArguments,
    run({ "apic-id": id }, { cpu }) {
      const place = cpus.possible.find(({ apicId, index, present }) =>
        id === undefined ? present && index === (cpu ?? 0) : apicId === id,
      );
      const apic = bus.all().find(({ initialId }) => initialId === place?.apicId);
      if (apic === undefined || place === undefined) return "No CPU available\n";
      return localApicText({ apic, processor: place.index, isWide: cpus.identity.x2apic });
    },
  };
}
