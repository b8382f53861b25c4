import { guestAddress, type AddressSpace } from "backplane";
import { h, type HumanCommand } from "./contract.ts";
import { command } from "./define.ts";
import { hmpErrors } from "./errors.ts";
import type { OverQmp } from "./over-qmp.ts";

/** Commands that save memory, pass descriptors, press keys, and set what a watchdog does. */
export function miscellany(over: OverQmp, memory: AddressSpace): HumanCommand[] {
  return [
    command({
      name: "memsave",
      needs: "memsave",
      params: "addr size file",
      summary: "writes memory at a processor's address into a file",
      arguments: { val: h.long, size: h.int, filename: h.text },
      async run({ val, size, filename }, { cpu = 0 }) {
        if (over.processors().length === 0) return "No CPU available\n";
        return over.perform("memsave", { val, size, filename, "cpu-index": cpu });
      },
    }),
    command({
      name: "pmemsave",
      needs: "pmemsave",
      params: "addr size file",
      summary: "writes memory at a physical address into a file",
      arguments: { val: h.long, size: h.int, filename: h.text },
      run: ({ val, size, filename }) => over.perform("pmemsave", { val, size, filename }),
    }),
    withName(over, "getfd", "takes the descriptor that came along, under a name"),
    withName(over, "closefd", "closes a descriptor that was passed"),
    command({
      name: "watchdog_action",
      needs: "watchdog-set-action",
      params: "[reset|shutdown|poweroff|pause|debug|none|inject-nmi]",
      summary: "says what happens when a watchdog runs out",
      arguments: { action: h.text },
      async run({ action }) {
        if (!WATCHDOG.includes(action)) throw hmpErrors.HUMAN_VALUE(action);
        return over.perform("watchdog-set-action", { action });
      },
      complete: (words) => (words.length === 1 ? WATCHDOG : []),
    }),
    command({
      name: "sendkey",
      needs: "send-key",
      params: "keys [hold_ms]",
      summary: "presses keys together, and lets them go: ctrl-alt-f1, 0x1e",
      arguments: { keys: h.text, "hold-time": h.optional(h.int) },
      run: (given) => sendKeys(over, given.keys, given["hold-time"]),
    }),
    command({
      name: "gpa2hva",
      params: "addr",
      summary: "the host's address of guest-physical memory",
      arguments: { addr: h.long },
      run: ({ addr }) => hostAddress(memory, BigInt.asUintN(64, addr)),
    }),
  ];
}

const WATCHDOG = ["reset", "shutdown", "poweroff", "pause", "debug", "none", "inject-nmi"];

function withName(over: OverQmp, name: "getfd" | "closefd", summary: string): HumanCommand {
  return command({
    name,
    needs: name,
    params: `${name} name`,
    summary,
    arguments: { fdname: h.text },
    run: ({ fdname }) => over.perform(name, { fdname }),
  });
}

/** Keys by name, or by number; `<` is one that has no name. */
async function sendKeys(over: OverQmp, text: string, hold: number | undefined): Promise<string> {
  const names = text.split("-").map((name) => (name === "<" ? "less" : name));
  const keys = names.map((name) =>
    /^0x[0-9a-f]+$/i.test(name) ? { type: "number", data: Number(name) } : { type: "qcode", data: name },
  );
  try {
    return await over.perform("send-key", { keys, ...(hold === undefined ? {} : { "hold-time": hold }) });
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : "";
    const wrong = names.find((name) => message.endsWith(`does not accept value '${name}'`));
    if (wrong === undefined) throw failure;
    return `invalid parameter: ${wrong}\n`;
  }
}

function hostAddress(memory: AddressSpace, address: bigint): string {
  const shown = `0x${address.toString(16)}`;
  const found = address < BigInt(Number.MAX_SAFE_INTEGER) ? memory.find(guestAddress(Number(address))) : undefined;
  if (found === undefined) return `No memory is mapped at address ${shown}\n`;
  const { region, offset } = found;
  const block = region.ramBlock;
  if (block === undefined) return `Memory at address ${shown} is not RAM\n`;
  const host = BigInt(block.hostAddress) + BigInt(offset);
  return `Host virtual address for ${shown} (${region.name}) is 0x${host.toString(16)}\n`;
}
