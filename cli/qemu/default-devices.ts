// Devices that a machine has without being asked for them, and that -nodefaults, or a word of their own, leaves out.
import type { BoardDevice, MachineDefinition, MachineType } from "backplane";
import type { Draft } from "./draft.ts";
import { valueOf } from "./option-list.ts";
import { addPort, chardevOfPort } from "./port-option.ts";

interface DefaultDevice {
  /** As a message names it. */
  readonly driver: string;
  /** The plugin that models it. A machine type without the plugin goes without the device. */
  readonly plugin: string;
  /** Devices of which one, given with -device or named by -global, is there instead. */
  readonly replacedBy: readonly string[];
  /** What an option of its own says, if it is given: the device is wanted (`std`), or it is not (`none`). */
  asked?(draft: Draft): "wanted" | "unwanted" | undefined;
  /** The device as the board makes it; several where an option comes several times. */
  devices(draft: Draft): readonly BoardDevice[];
  /** What plugins are told besides. */
  readonly options?: { readonly [plugin: string]: Readonly<Record<string, unknown>> };
}

/** Those of a PC, in the order in which its board makes them. */
const TABLE: readonly DefaultDevice[] = [
  {
    driver: "isa-serial",
    plugin: "isa-serial",
    replacedBy: ["isa-serial"],
    asked: ({ serials }) => askedPort(serials),
    devices: ({ serials }) =>
      serials.flatMap((text, index) =>
        text === "none"
          ? []
          : [{ driver: "isa-serial", properties: { index, ...chardevOfPort(text) }, after: "isa-pcspk" }],
      ),
  },
  {
    driver: "isa-parallel",
    plugin: "isa-parallel",
    replacedBy: ["isa-parallel"],
    asked: ({ parallels }) => askedPort(parallels),
    devices: ({ parallels }) =>
      parallels.flatMap((text, index) =>
        text === "none"
          ? []
          : [{ driver: "isa-parallel", properties: { index, ...chardevOfPort(text) }, after: "isa-pcspk" }],
      ),
  },
  {
    driver: "ide-cd",
    plugin: "ide",
    replacedBy: ["ide-cd", "ide-hd", "scsi-cd", "scsi-hd"],
    asked: ({ machine }) => (machine["sata"] === "off" ? "unwanted" : undefined),
    // The empty drive, for which the controller makes the device, as for those of -drive.
    devices: () => [],
    options: { block: { emptyCdrom: true } },
  },
  {
    driver: "VGA",
    plugin: "vga",
    replacedBy: [
      "VGA",
      "isa-vga",
      "cirrus-vga",
      "vmware-svga",
      "qxl-vga",
      "virtio-vga",
      "ati-vga",
      "vhost-user-vga",
      "virtio-vga-gl",
      "virtio-vga-rutabaga",
    ],
    asked: ({ vga }) => (vga === undefined ? undefined : vga === "none" ? "unwanted" : "wanted"),
    devices: () => [{ driver: "VGA", bus: "pcie.0", properties: {} }],
  },
  {
    driver: "e1000e",
    plugin: "e1000e",
    replacedBy: [],
    asked: ({ network }) => (network ? "unwanted" : undefined),
    devices: () => [{ driver: "e1000e", bus: "pcie.0", properties: { netdev: "hub0port0" } }],
    // The card is on a hub, which is there for it alone.
    options: { net: { hubPorts: 1 } },
  },
];

/** `none` for all ports takes them away; anything else is a port, wherever it goes. */
function askedPort(ports: readonly string[]): "wanted" | "unwanted" | undefined {
  if (ports.length === 0) return undefined;
  return ports.every((text) => text === "none") ? "unwanted" : "wanted";
}

/** Ports that nobody has named a character device for, and that are there, have one that goes nowhere. */
export function addDefaultPorts(draft: Draft, type: MachineType): void {
  if (!draft.defaults || type.devices.length === 0) return;
  const named = namedDrivers(draft);
  for (const kind of ["serial", "parallel"] as const) {
    const given = kind === "serial" ? draft.serials : draft.parallels;
    if (given.length > 0 || named.has(`isa-${kind}`)) continue;
    addPort(draft, kind, { name: kind, text: `-${kind} null`, argument: "null" });
  }
}

/** What is added to the board, and the names of what ought to be and is not modelled. */
export function defaultDevices(
  draft: Draft,
  type: MachineType,
): {
  readonly devices: readonly BoardDevice[];
  readonly options: readonly NonNullable<DefaultDevice["options"]>[];
  readonly leftOut: readonly string[];
} {
  // A machine without buses has nowhere to put them.
  if (type.devices.length === 0) return { devices: [], options: [], leftOut: [] };
  const named = namedDrivers(draft);
  const wanted = TABLE.filter((entry) => {
    const asked = entry.asked?.(draft);
    if (asked !== undefined) return asked === "wanted";
    return draft.defaults && !entry.replacedBy.some((driver) => named.has(driver));
  });
  const isModelled = ({ plugin }: DefaultDevice): boolean => type.plugins.some(({ id }) => id === plugin);
  return {
    devices: wanted.filter(isModelled).flatMap((entry) => entry.devices(draft)),
    options: wanted.filter(isModelled).flatMap(({ options }) => (options === undefined ? [] : [options])),
    leftOut: wanted.filter((entry) => !isModelled(entry)).map(({ driver }) => driver),
  };
}

/** The machine with its default devices. What plugins are told for them joins what the command line told them. */
export function withDefaults(
  definition: MachineDefinition,
  { devices, options }: Pick<ReturnType<typeof defaultDevices>, "devices" | "options">,
): MachineDefinition {
  const merged: Record<string, MachineDefinition["options"][string]> = { ...definition.options };
  for (const [plugin, value] of options.flatMap((given) => Object.entries(given))) {
    const told = merged[plugin];
    const before = typeof told?.value === "object" ? told.value : {};
    merged[plugin] = { ...told, value: { ...before, ...value } };
  }
  return { ...definition, boardDevices: devices, options: merged };
}

/** Drivers that -device or -global names. */
function namedDrivers({ lists, jsonDevices }: Draft): ReadonlySet<unknown> {
  return new Set<unknown>([
    ...[...lists.device.groups, ...lists.global.groups].map((group) => valueOf(group, "driver")),
    ...jsonDevices.map(({ value }) => value["driver"]),
  ]);
}
