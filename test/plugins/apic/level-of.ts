import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import type { Board } from "../pci/board.ts";

/** Watches a system interrupt line; the function tells its level. */
export function levelOf(board: Board, line: number): () => boolean {
  let current = false;
  board.machine.service(SYSTEM_INTERRUPTS).connect((changed, level) => {
    if (changed === line) current = level;
  });
  return () => current;
}
