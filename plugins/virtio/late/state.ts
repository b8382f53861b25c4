// What a migration carries of a virtio function, by the peer's names: the transport's part and the device's are written
// by hand there, in this order; what came later than the first version stands in subsections.
import { fieldsOf, structField, structsField, type StateDescription, type StateField } from "backplane";
import { msixField, pciDeviceField } from "backplane/plugins/pci/contract";
import type { CardState } from "../card.ts";
import type { CommonState, QueuePlace } from "../common-structure.ts";
import type { VirtioDeviceState } from "../device.ts";
import type { QueueState } from "../queue.ts";
import { NO_VECTOR, QUEUE_LIMIT } from "../registers.ts";

/** What both sides must have in common. */
export interface VirtioShape {
  readonly name: string;
  readonly version: number;
  /** Behind the queues stand requests that the source held back. */
  readonly holdsRequests: boolean;
  readonly vectors: number;
  readonly configLength: number;
  readonly queues: number;
  readonly modern: boolean;
  /** It offers features beyond the first word. */
  readonly wide: boolean;
}

const device = fieldsOf<VirtioDeviceState>();
const queue = fieldsOf<QueueState>();
const place = fieldsOf<QueuePlace>();
const common = fieldsOf<CommonState>();

/** A number that is the same on both sides. */
function fixed<S>(name: string, expected: number, fault: (found: number) => string): StateField<S> {
  return {
    kind: "scalar",
    name,
    type: "uint32",
    check: (_state, value) => (value === expected ? undefined : fault(Number(value))),
    get: () => expected,
    set: () => undefined,
  };
}

/** A vector that does not exist cannot be asked for. */
function vector<S>(vectors: number, get: (state: S) => number, set: (state: S, value: number) => void): StateField<S> {
  return {
    kind: "scalar",
    name: "vector",
    type: "uint16",
    check: (_state, value) =>
      value === NO_VECTOR || Number(value) < vectors ? undefined : `vector ${Number(value)} does not exist`,
    get,
    set: (state, value) => set(state, Number(value)),
  };
}

const queueState = (vectors: number): StateDescription<QueueState> => ({
  name: "queue",
  version: 1,
  fields: [
    queue.u32("vring.num", "size"),
    queue.u64("vring.desc", "descriptors"),
    queue.u16("last_avail_idx", "nextAvailable"),
    ...(vectors === 0
      ? []
      : [
          vector<QueueState>(
            vectors,
            (state) => state.vector,
            (state, value) => {
              state.vector = value;
            },
          ),
        ]),
  ],
});

const RINGS: StateDescription<QueueState> = {
  name: "virtqueue_state",
  version: 1,
  fields: [queue.u64("vring.avail", "available"), queue.u64("vring.used", "used")],
};

const RING_SIZE: StateDescription<QueueState> = {
  name: "ringsize_state",
  version: 1,
  fields: [
    { kind: "scalar", name: "vring.num_default", type: "uint32", get: ({ maximum }) => maximum, set: () => undefined },
  ],
};

const PLACE: StateDescription<QueuePlace> = {
  name: "virtio_pci/modern_queue_state",
  version: 1,
  fields: [
    place.u16("num", "size"),
    place.unused(1),
    place.bool("enabled", "enabled"),
    // Halves of the addresses of descriptors, available and used ring.
    place.array("desc", "uint32", "halves", 6),
  ],
};

const transport = (modern: boolean): StateDescription<CommonState> => ({
  name: "virtio_pci",
  version: 1,
  fields: [],
  subsections: [
    {
      name: "virtio_pci/modern_state",
      version: 1,
      isNeeded: () => modern,
      fields: [
        common.u32("dfselect", "offeredSelect"),
        common.u32("gfselect", "acceptedSelect"),
        common.array("guest_features", "uint32", "accepted", 2),
        common.structs<QueuePlace>("vqs", "places", PLACE, QUEUE_LIMIT),
      ],
    },
  ],
});

/** Subsections are asked for by what their fields are of: here, of the device. */
const ofDevice = ({ device: part }: CardState): VirtioDeviceState => part;

function subsection(
  name: string,
  isNeeded: (state: VirtioDeviceState) => boolean,
  field: StateField<VirtioDeviceState>,
) {
  return {
    name: `virtio/${name}`,
    version: 1,
    isNeeded: (state: CardState) => isNeeded(state.device),
    fields: [
      structField("device", { name: "device", version: 1, fields: [field] }, ofDevice),
    ] as readonly StateField<CardState>[],
  };
}

/** Queues that do not exist have no size and no place. */
const noQueue = (): QueueState => ({
  size: 0,
  maximum: 0,
  vector: NO_VECTOR,
  nextAvailable: 0,
  descriptors: 0n,
  available: 0n,
  used: 0n,
});

const allQueues = (name: string, description: StateDescription<QueueState>): StateField<VirtioDeviceState> =>
  structsField(name, description, QUEUE_LIMIT, ({ queues }, index) => queues[index] ?? noQueue());

const UNSAID = -1n;

/** The end of a list that is empty here. */
const NO_REQUESTS: StateField<CardState> = {
  kind: "scalar",
  name: "requests",
  type: "int8",
  check: (_state, value) => (value === 0 ? undefined : "requests that the source held back are not taken over"),
  get: () => 0,
  set: () => undefined,
};

function content({
  vectors,
  configLength,
  queues,
  modern,
  wide,
  holdsRequests,
}: VirtioShape): StateDescription<CardState> {
  const first: StateDescription<VirtioDeviceState> = {
    name: "device",
    version: 1,
    fields: [
      ...(vectors === 0
        ? []
        : [
            vector<VirtioDeviceState>(
              vectors,
              (state) => state.configVector,
              (state, value) => {
                state.configVector = value;
              },
            ),
          ]),
      device.u8("status", "status"),
      device.u8("isr", "interruptStatus"),
      device.u16("queue_sel", "selectedQueue"),
      device.u32("guest_features_lo", "featuresLow"),
      fixed("config_len", configLength, (found) => `the configuration has ${found} bytes`),
      device.bytes("config", "config", configLength),
      fixed("queues", queues, (found) => `Invalid number of virtqueues: 0x${found.toString(16)}`),
      structsField(
        "vq",
        queueState(vectors),
        queues,
        (state: VirtioDeviceState, index) => state.queues[index] ?? noQueue(),
      ),
    ],
  };
  return {
    name: "virtio",
    version: 1,
    beforeLoad({ device: part }) {
      Object.assign(part, { features: UNSAID, isBroken: false, isStarted: false, isDisabled: false });
    },
    afterLoad({ device: part }) {
      if (part.features === UNSAID) part.features = BigInt(part.featuresLow);
    },
    fields: [
      pciDeviceField("pci", (state) => state.pci),
      ...(vectors === 0 ? [] : [msixField<CardState>("msix", vectors, (state) => state.vectors)]),
      structField("device", first, ofDevice),
      ...(holdsRequests ? [NO_REQUESTS] : []),
    ],
    subsections: [
      subsection("64bit_features", () => wide, device.u64("guest_features", "features")),
      subsection("virtqueues", () => modern, allQueues("vq", RINGS)),
      subsection(
        "ringsize",
        (state) => state.queues.some(({ size, maximum }) => size !== maximum),
        allQueues("vq", RING_SIZE),
      ),
      subsection("broken", ({ isBroken }) => isBroken, device.bool("broken", "isBroken")),
      {
        name: "virtio/extra_state",
        version: 1,
        isNeeded: () => true,
        fields: [structField("extra_state", transport(modern), (state: CardState) => state.common)],
      },
      subsection("started", ({ isStarted }) => isStarted, device.bool("started", "isStarted")),
      subsection("disabled", ({ isDisabled }) => isDisabled, device.bool("disabled", "isDisabled")),
    ],
  };
}

export function virtioState(shape: VirtioShape): StateDescription<CardState> {
  return {
    name: shape.name,
    version: shape.version,
    fields: [
      {
        kind: "struct",
        name: "virtio",
        opaque: "virtio",
        description: content(shape),
        of: (state) => state,
      },
    ],
  };
}
