// Error Record Serialization Table: ACPI 6.5 §18.5.1. For each action the instructions by which a system carries it out.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";
import { ACTION, EXECUTE_MAGIC } from "./actions.ts";

/** Table 18.23. */
const INSTRUCTION = { readRegister: 0, readRegisterValue: 1, writeRegister: 2, writeRegisterValue: 3 } as const;
const ENTRY_LENGTH = 32;
const SERIALIZATION_HEADER = 48;
const VALUE_OFFSET = 8n;
const MEMORY_SPACE = 0;
/** Generic address structure, access size: ACPI 6.5 §5.2.3.2. */
const ACCESS = { 32: 3, 64: 4 } as const;

interface Step {
  readonly instruction: keyof typeof INSTRUCTION;
  readonly register: "action" | "value";
  readonly bits: 32 | 64;
  readonly value: number;
}

/** What an action takes or gives besides being written to ACTION. */
const STEPS: readonly { readonly action: number; readonly before?: Step; readonly after?: Step }[] = [
  { action: ACTION.beginWrite },
  { action: ACTION.beginRead },
  { action: ACTION.beginClear },
  { action: ACTION.end },
  { action: ACTION.setRecordOffset, before: give(32) },
  {
    action: ACTION.execute,
    before: { instruction: "writeRegisterValue", register: "value", bits: 32, value: EXECUTE_MAGIC },
  },
  { action: ACTION.checkBusy, after: { instruction: "readRegisterValue", register: "value", bits: 32, value: 1 } },
  { action: ACTION.getStatus, after: take(32) },
  { action: ACTION.getRecordId, after: take(64) },
  { action: ACTION.setRecordId, before: give(64) },
  { action: ACTION.getRecordCount, after: take(32) },
  { action: ACTION.beginDummyWrite },
  { action: ACTION.getLogAddress, after: take(64) },
  { action: ACTION.getLogLength, after: take(64) },
  { action: ACTION.getLogAttributes, after: take(32) },
  { action: ACTION.getTimings, after: take(64) },
];

function give(bits: 32 | 64): Step {
  return { instruction: "writeRegister", register: "value", bits, value: 0 };
}

function take(bits: 32 | 64): Step {
  return { instruction: "readRegister", register: "value", bits, value: 0 };
}

function writeEntry(writer: TableWriter, action: number, step: Step, base: bigint): void {
  // While the registers are not decoded their address is all ones, and what is behind wraps around.
  const address = BigInt.asUintN(64, base + (step.register === "value" ? VALUE_OFFSET : 0n));
  writer.u8(action).u8(INSTRUCTION[step.instruction]).u8(0).u8(0);
  writer.u8(MEMORY_SPACE).u8(step.bits).u8(0).u8(ACCESS[step.bits]);
  writer.u32(Number(address & 0xffffffffn)).u32(Number(address >> 32n));
  writer.u64(step.value);
  writer.u32(0xffffffff).u32(step.bits === 64 ? 0xffffffff : 0);
}

export function buildErst(oem: OemIds, registers: number | undefined): TableImage {
  const base = registers === undefined ? 0xffff_ffff_ffff_ffffn : BigInt(registers);
  const entries = new TableWriter();
  for (const { action, before, after } of STEPS) {
    if (before !== undefined) writeEntry(entries, action, before, base);
    const start: Step = { instruction: "writeRegisterValue", register: "action", bits: 32, value: action };
    writeEntry(entries, action, start, base);
    if (after !== undefined) writeEntry(entries, action, after, base);
  }
  const body = new TableWriter()
    .u32(SERIALIZATION_HEADER)
    .zeros(4)
    .u32(entries.length / ENTRY_LENGTH);
  return { bytes: acpiTable({ signature: "ERST", revision: 1, oem }, body.bytes(entries.finish()).finish()) };
}
