import * as v from "valibot";
import { migrationErrors } from "./errors.ts";
import { PART } from "./stream-format.ts";

/** How a device's state lies in the stream, from the JSON at the stream's end. */
export interface DeviceLayout {
  readonly name: string;
  readonly instanceId: number;
  readonly state: StateLayout;
}

export interface StateLayout {
  readonly fields: readonly FieldLayout[];
  readonly subsections: readonly SubsectionLayout[];
}

export interface SubsectionLayout extends StateLayout {
  readonly name: string;
}

export interface FieldLayout {
  readonly name: string;
  readonly type: string;
  /** Bytes of one element. */
  readonly size: number;
  /** How many elements stand one after the other. */
  readonly count: number;
  readonly struct?: StateLayout;
}

interface DescribedState {
  readonly fields?: DescribedField[] | undefined;
  readonly subsections?: (DescribedState & { vmsd_name?: string | undefined })[] | undefined;
}
interface DescribedField {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly array_len?: number | undefined;
  readonly struct?: DescribedState | undefined;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const described: v.GenericSchema<DescribedState & { vmsd_name?: string | undefined }> = v.object({
  vmsd_name: v.optional(v.string()),
  fields: v.optional(v.array(v.lazy(() => field))),
  subsections: v.optional(v.array(v.lazy(() => described))),
});
const field: v.GenericSchema<DescribedField> = v.object({
  name: v.string(),
  type: v.string(),
  size: count,
  array_len: v.optional(count),
  struct: v.optional(v.lazy(() => described)),
});
const description = v.object({
  devices: v.array(v.intersect([v.object({ name: v.string(), instance_id: count }), described])),
});

/** Finds the JSON at the stream's end: its head gives exactly the length that is left. */
export function findDescription(bytes: Uint8Array): {
  readonly text: string;
  readonly layouts: readonly DeviceLayout[];
} {
  const stream = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = stream.lastIndexOf(PART.vmdescription); at > 0; at = stream.lastIndexOf(PART.vmdescription, at - 1)) {
    const start = at + 5;
    if (start > stream.length || stream.readUInt32BE(at + 1) !== stream.length - start) continue;
    // The end mark stands before it. Elsewhere the bytes only look like a head.
    if (stream[at - 1] !== PART.eof) continue;
    const text = stream.toString("utf8", start);
    return { text, layouts: readLayouts(text, start) };
  }
  throw migrationErrors.STREAM_MALFORMED(
    stream.length,
    "the description is missing: the stream was cut off, or has none",
  );
}

function readLayouts(text: string, offset: number): DeviceLayout[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw migrationErrors.STREAM_MALFORMED(offset, "the description is not JSON");
  }
  const result = v.safeParse(description, json);
  if (!result.success) {
    const [issue] = result.issues;
    throw migrationErrors.STREAM_MALFORMED(
      offset,
      `the description is not one: ${v.getDotPath(issue) ?? ""}: ${issue.message}`,
    );
  }
  return result.output.devices.map((device) => ({
    name: device.name,
    instanceId: device.instance_id,
    state: stateLayout(device),
  }));
}

function stateLayout({ fields = [], subsections = [] }: DescribedState): StateLayout {
  return {
    fields: fields.map(fieldLayout),
    subsections: subsections.map((subsection) => ({ name: subsection.vmsd_name ?? "", ...stateLayout(subsection) })),
  };
}

function fieldLayout({ name, type, size, array_len: count = 1, struct }: DescribedField): FieldLayout {
  return { name, type, size, count, ...(struct === undefined ? {} : { struct: stateLayout(struct) }) };
}
