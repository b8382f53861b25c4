// What a migration carries of every function: its configuration space and the levels of its interrupt pins.
import { structField, type StateDescription, type StateField } from "backplane";

/** A function as a stream has it. */
export interface PciDeviceState {
  version: number;
  readonly express: boolean;
  readonly config: Uint8Array;
  /** INTA to INTD, big-endian words. */
  readonly pins: Uint8Array;
  /** Per byte of the configuration space: what it is here, and which bits must be the same elsewhere. */
  readonly expected: Uint8Array;
  readonly compared: Uint8Array;
  readonly writable: Uint8Array;
  readonly clearable: Uint8Array;
}

const CONVENTIONAL = 256;
const EXPRESS = 4096;
const hex = (value: number | undefined): string => (value ?? 0).toString(16);

/** A stream of another device, or of one with other features, shows by what no guest can have written. */
function difference(state: PciDeviceState, found: Uint8Array): string | undefined {
  const { expected, compared, writable, clearable } = state;
  for (const [at, value] of found.entries()) {
    const fixed = (compared[at] ?? 0) & ~(writable[at] ?? 0) & ~(clearable[at] ?? 0);
    if (((value ^ (expected[at] ?? 0)) & fixed) === 0) continue;
    return (
      `get_pci_config_device: Bad config data: i=0x${hex(at)} read: ${hex(value)} device: ${hex(expected[at])} ` +
      `cmask: ${hex(compared[at])} wmask: ${hex(writable[at])} w1cmask:${hex(clearable[at])}`
    );
  }
  return undefined;
}

const config = (index: number, size: number): StateField<PciDeviceState> => ({
  kind: "buffer",
  name: `config[${index}]`,
  size,
  described: "pci config",
  exists: ({ express }) => express === (index === 1),
  check: difference,
  bytes: (state) => state.config,
});

export const PCI_DEVICE: StateDescription<PciDeviceState> = {
  name: "PCIDevice",
  version: 2,
  minimumVersion: 1,
  fields: [
    {
      kind: "scalar",
      name: "version_id",
      type: "int32",
      described: "int32 le",
      check: (_state, value) =>
        Number(value) < 0 || Number(value) > 2 ? "unknown version of a PCI device" : undefined,
      get: ({ version }) => version,
      set: (state, value) => {
        state.version = Number(value);
      },
    },
    config(0, CONVENTIONAL),
    config(1, EXPRESS),
    { kind: "buffer", name: "irq_state", size: 16, described: "pci irq state", since: 2, bytes: (state) => state.pins },
  ],
};

/** The vectors of a function: their table with what is pending, 16 bytes and a bit for each. */
export function msixField<S>(name: string, vectors: number, of: (state: S) => Uint8Array): StateField<S> {
  const size = 16 * vectors + Math.ceil(vectors / 8);
  const description: StateDescription<Uint8Array> = {
    name: "msix",
    version: 0,
    fields: [{ kind: "buffer", name: "msix", size, described: "msix state", bytes: (bytes) => bytes }],
  };
  return structField(name, description, of);
}

/** The part of a device's state that is its function's. */
export function pciDeviceField<S>(name: string, of: (state: S) => PciDeviceState): StateField<S> {
  return structField(name, PCI_DEVICE, of);
}
