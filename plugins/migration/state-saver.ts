import type {
  MigrationOutput,
  ScalarType,
  ScalarValue,
  StateDescription,
  StateField,
  StateSubsection,
} from "./contract.ts";
import { PART } from "./stream-format.ts";
import { SCALAR_SIZES } from "./state-description.ts";

/** The JSON of one state at the stream's end. */
export interface DescribedState {
  readonly vmsd_name: string;
  readonly version: number;
  readonly fields: readonly DescribedField[];
  readonly subsections?: readonly DescribedState[];
}

export interface DescribedField {
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

interface Written {
  readonly described: DescribedState;
  readonly size: number;
}

function write<S>(output: MigrationOutput, description: StateDescription<S>, state: S): Written {
  description.beforeSave?.(state);
  let size = 0;
  const fields = description.fields.map((field) => {
    const described = writeField(output, field, state);
    size += described.size * (described.array_len ?? 1);
    return described;
  });
  const subsections: DescribedState[] = [];
  for (const subsection of description.subsections ?? []) {
    if (subsection.isNeeded(state)) subsections.push(writeSubsection(output, subsection, state));
  }
  const described: DescribedState = {
    vmsd_name: description.name,
    version: description.version,
    fields,
    ...(subsections.length === 0 ? {} : { subsections }),
  };
  return { described, size };
}

function writeSubsection<S>(output: MigrationOutput, subsection: StateSubsection<S>, state: S): DescribedState {
  const name = Buffer.from(subsection.name, "latin1");
  output.u8(PART.subsection);
  output.u8(name.length);
  output.bytes(name);
  output.u32(subsection.version);
  return write(output, subsection, state).described;
}

function writeField<S>(output: MigrationOutput, field: StateField<S>, state: S): DescribedField {
  switch (field.kind) {
    case "scalar":
      writeScalar(output, field.type, field.get(state));
      return { name: field.name, type: field.type, size: SCALAR_SIZES[field.type] };
    case "array":
      for (let index = 0; index < field.length; index++) writeScalar(output, field.type, field.get(state, index));
      return {
        name: field.name,
        ...(field.length > 1 ? { array_len: field.length } : {}),
        type: field.type,
        size: SCALAR_SIZES[field.type],
      };
    case "buffer":
      output.bytes(field.bytes(state).subarray(0, field.size));
      return { name: field.name, type: "buffer", size: field.size };
    case "unused":
      output.bytes(new Uint8Array(field.size));
      return { name: "unused", type: "unused_buffer", size: field.size };
    case "struct": {
      const { described, size } = write(output, field.description, field.of(state));
      return { name: field.name, type: "struct", struct: described, size };
    }
  }
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
