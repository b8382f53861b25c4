import type {
  MigrationOutput,
  ScalarType,
  ScalarValue,
  StateDescription,
  StateField,
  StateSubsection,
} from "./contract.ts";
import { PART } from "./stream-format.ts";
import { SCALAR_SIZES } from "backplane";

/** The JSON of one state at the stream's end. */
export interface DescribedState {
  readonly vmsd_name: string;
  readonly version: number;
  readonly fields: readonly DescribedField[];
  readonly subsections?: readonly DescribedState[];
}

export interface DescribedField extends Partial<DescribedState> {
  readonly name: string;
  readonly array_len?: number;
  readonly index?: number;
  readonly type: string;
  readonly struct?: DescribedState;
  readonly size: number;
}

/** Writes a state and returns the description of what was written: the two cannot disagree. */
export function saveState<S>(output: MigrationOutput, description: StateDescription<S>, state: S): DescribedState {
  return write(output, description, state).described;
}

/** Mark, length of the name, version. */
const SUBSECTION_HEAD = 1 + 1 + 4;

/** A state, and how long it is with its subsections. */
interface Written {
  readonly described: DescribedState;
  readonly size: number;
}

function write<S>(output: MigrationOutput, description: StateDescription<S>, state: S): Written {
  description.beforeSave?.(state);
  let size = 0;
  const fields: DescribedField[] = [];
  for (const field of description.fields) {
    if (field.exists?.(state) === false || followsNothing(field, description, state)) continue;
    for (const described of writeField(output, field, state)) {
      size += described.size * (described.array_len ?? 1);
      fields.push(described);
    }
  }
  const subsections: DescribedState[] = [];
  for (const subsection of description.subsections ?? []) {
    if (!subsection.isNeeded(state)) continue;
    const written = writeSubsection(output, subsection, state);
    subsections.push(written.described);
    size += written.size;
  }
  const described: DescribedState = {
    vmsd_name: description.name,
    version: description.version,
    fields,
    ...(subsections.length === 0 ? {} : { subsections }),
  };
  return { described, size };
}

/** The number that would announce the field is 0. */
function followsNothing<S>({ follows }: StateField<S>, { fields }: StateDescription<S>, state: S): boolean {
  if (follows === undefined) return false;
  const announced = fields.find((field) => field.kind === "scalar" && field.name === follows);
  return announced?.kind === "scalar" && Number(announced.get(state)) === 0;
}

function writeSubsection<S>(output: MigrationOutput, subsection: StateSubsection<S>, state: S): Written {
  const name = Buffer.from(subsection.name, "latin1");
  output.u8(PART.subsection);
  output.u8(name.length);
  output.bytes(name);
  output.u32(subsection.version);
  const { described, size } = write(output, subsection, state);
  return { described, size: SUBSECTION_HEAD + name.length + size };
}

function writeField<S>(output: MigrationOutput, field: StateField<S>, state: S): DescribedField[] {
  switch (field.kind) {
    case "scalar":
      writeScalar(output, field.type, field.get(state));
      return [{ name: field.name, type: field.described ?? field.type, size: SCALAR_SIZES[field.type] }];
    case "array":
      for (let index = 0; index < field.length; index++) writeScalar(output, field.type, field.get(state, index));
      return [
        {
          name: field.name,
          ...(field.length > 1 ? { array_len: field.length } : {}),
          type: field.type,
          size: SCALAR_SIZES[field.type],
        },
      ];
    case "buffer":
      output.bytes(field.bytes(state).subarray(0, field.size));
      return [{ name: field.name, type: field.described ?? "buffer", size: field.size }];
    case "unused":
      output.bytes(new Uint8Array(field.size));
      return [{ name: field.name ?? "unused", type: "unused_buffer", size: field.size }];
    case "struct": {
      const { described, size } = write(output, field.description, field.of(state));
      if (field.opaque !== undefined) return [{ name: field.name, type: field.opaque, size }];
      if (field.isTemporary === true) return [{ name: field.name, type: "tmp", ...described, size }];
      return [{ name: field.name, type: "struct", struct: described, size }];
    }
    case "structs":
      return writeStructs(output, field, state);
  }
}

/** Those of one make are described once, others each by itself. */
function writeStructs<S>(
  output: MigrationOutput,
  field: Extract<StateField<S>, { kind: "structs" }>,
  state: S,
): DescribedField[] {
  const { name, description, length } = field;
  const parts = Array.from({ length }, (_, index) => write(output, description, field.of(state, index)));
  const [first] = parts;
  if (first === undefined) return [];
  if (length > 1 && isAlwaysAlike(description)) {
    return [{ name, array_len: length, type: "struct", struct: first.described, size: first.size }];
  }
  return parts.map(({ described, size }, index) => ({
    name,
    // The last one counts as the only one that is left.
    ...(length - index > 1 ? { index } : {}),
    type: "struct",
    struct: described,
    size,
  }));
}

/** Nothing in it may come and go. */
function isAlwaysAlike({ fields, subsections }: StateDescription<unknown>): boolean {
  if (subsections !== undefined) return false;
  return fields.every((field) => {
    if (field.exists !== undefined || field.follows !== undefined) return false;
    return (field.kind !== "struct" && field.kind !== "structs") || isAlwaysAlike(field.description);
  });
}

function writeScalar(output: MigrationOutput, type: ScalarType, value: ScalarValue): void {
  switch (SCALAR_SIZES[type]) {
    case 1:
      return output.u8(Number(value));
    case 2:
      return output.u16(Number(value));
    case 4:
      return output.u32(Number(value));
    case 8:
      return output.u64(typeof value === "boolean" ? Number(value) : value);
  }
}
