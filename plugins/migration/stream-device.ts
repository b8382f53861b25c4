import type { ByteReader } from "./byte-reader.ts";
import { isScalarType, readScalar } from "./scalar.ts";
import type { FieldLayout, StateLayout } from "./stream-description.ts";
import { nextSubsection, takeSubsectionHead } from "./subsection-head.ts";

/** A device's state as the stream's own description tells it. */
export interface DecodedState {
  readonly fields: readonly DecodedField[];
  readonly subsections: readonly (DecodedState & { readonly name: string })[];
}

export interface DecodedField {
  readonly name: string;
  readonly type: string;
  /** One value, or one per element: a number (a bigint where it has 64 bits), bytes, or a state of its own. */
  readonly value: DecodedValue | readonly DecodedValue[];
}
export type DecodedValue = number | bigint | boolean | Uint8Array | DecodedState;

export function decodeState(input: ByteReader, layout: StateLayout): DecodedState {
  const fields = layout.fields.map((field) => ({
    name: field.name,
    type: field.type,
    value: decodeField(input, field),
  }));
  const subsections: (DecodedState & { name: string })[] = [];
  for (let name = nextSubsection(input); name !== undefined; name = nextSubsection(input)) {
    // What this state does not have is the state's around it, or the section's end is missed.
    const known = layout.subsections.find((subsection) => subsection.name === name);
    if (known === undefined) break;
    takeSubsectionHead(input);
    subsections.push({ name, ...decodeState(input, known) });
  }
  return { fields, subsections };
}

function decodeField(input: ByteReader, field: FieldLayout): DecodedField["value"] {
  if (field.count === 1) return decodeValue(input, field);
  // What the description promises must be there before room is made for it.
  if (field.struct === undefined && field.size * field.count > input.rest) input.bytes(field.size * field.count);
  return Array.from({ length: field.count }, () => decodeValue(input, field));
}

function decodeValue(input: ByteReader, { type, size, struct }: FieldLayout): DecodedValue {
  if (struct !== undefined) return decodeState(input, struct);
  return isScalarType(type) ? readScalar(input, type) : input.bytes(size);
}
