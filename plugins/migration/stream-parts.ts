import type { MigrationOutput } from "./contract.ts";
import type { DescribedState } from "./state-saver.ts";
import { PART, STREAM_MAGIC, STREAM_VERSION } from "./stream-format.ts";

/** What stands at a section's beginning. */
interface SectionHead {
  readonly id: number;
  readonly idstr: string;
  readonly instanceId: number;
  readonly version: number;
}

/** The stream's head: magic, version, and the machine type for the destination to compare. */
export function writeHeader(output: MigrationOutput, machineName: string): DescribedState {
  const name = Buffer.from(machineName, "latin1");
  output.u32(STREAM_MAGIC);
  output.u32(STREAM_VERSION);
  output.u8(PART.configuration);
  output.u32(name.length);
  output.bytes(name);
  return {
    vmsd_name: "configuration",
    version: 1,
    fields: [
      { name: "len", type: "uint32", size: 4 },
      { name: "name", type: "buffer", size: name.length },
    ],
  };
}

/** A section's first or only part. */
export function beginSection(
  output: MigrationOutput,
  part: typeof PART.sectionStart | typeof PART.sectionFull,
  { id, idstr, instanceId, version }: SectionHead,
): void {
  const name = Buffer.from(idstr, "latin1");
  output.u8(part);
  output.u32(id);
  output.u8(name.length);
  output.bytes(name);
  output.u32(instanceId);
  output.u32(version);
}

/** Another part of a section that has begun. */
export function resumeSection(
  output: MigrationOutput,
  part: typeof PART.sectionPart | typeof PART.sectionEnd,
  { id }: SectionHead,
): void {
  output.u8(part);
  output.u32(id);
}

/** The footer of every part. */
export function endSection(output: MigrationOutput, { id }: SectionHead): void {
  output.u8(PART.footer);
  output.u32(id);
}
