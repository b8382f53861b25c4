import {
  byteLength,
  CLOCK,
  DEVICE,
  inject,
  injectable,
  machineErrors,
  MEMORY_REGIONS,
  prop,
  RESETS,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
} from "backplane";
import { macText, NETWORK, parseMac, type MacAddress, type Network } from "backplane/plugins/net/contract";
import {
  addErrorReporting,
  addExpress,
  EXTENDED_CAPABILITY,
  PCI,
  pciProperties,
  REG,
  type Pci,
  type PciDeviceState,
  type PciFunction,
} from "backplane/plugins/pci/contract";
import { Card, type CardState } from "./card.ts";
import { VECTORS } from "./interrupts.ts";
import { Nvm } from "./nvm.ts";

const VENDOR_INTEL = 0x8086;
const DEVICE_82574L = 0x10d3;
const CLASS_ETHERNET = 0x0200;
const ROM = { name: "e1000e.rom", file: "efi-e1000e.rom", length: 0x4_0000 } as const;
const BAR = { registers: 0, flash: 1, ports: 2, messages: 3 } as const;
const LENGTH = { registers: 0x2_0000, flash: 0x2_0000, ports: 0x20, messages: 0x4000 } as const;
/** Capabilities' places: 82574 Datasheet §9.1 and following. */
const AT = { messages: 0xa0, power: 0xc8, message: 0xd0, express: 0xe0, errors: 0x100, serial: 0x140 } as const;
/** Version 1.1, device specific initialization; PME may be enabled, and data selected. */
const POWER = { capabilities: 0x0022, writable: 0x1f00 } as const;
const VLAN = 0x8100;
/** §10.1.1.1: offsets behind the registers lead nowhere. */
const LAST_PORT_OFFSET = 0x1_ffff;

const flag = { description: "on/off" };

const mac = prop.custom<MacAddress | undefined>({
  type: "str",
  description: "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56",
  parse(value, name, owner) {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    const address = parseMac(text);
    if (address === undefined) throw machineErrors.PROPERTY_REFUSED(owner, name, text);
    return address;
  },
});

export const e1000eType = {
  name: "e1000e",
  bus: "PCI",
  description: "Intel 82574L GbE Controller",
  category: "network",
  interfaces: ["pci-express-device"],
  properties: {
    mac,
    netdev: prop.string(undefined, { description: "ID of a netdev to use as a backend" }),
    disable_vnet_hdr: prop.unmodelled(
      prop.unsigned(8, 0, {
        description: "Do not use virtio headers, perform SW offloads emulation instead",
      }),
    ),
    subsys_ven: prop.unsigned(16, VENDOR_INTEL, { description: "PCI device Subsystem Vendor ID" }),
    subsys: prop.unsigned(16, 0, { description: "PCI device Subsystem ID" }),
    "init-vet": prop.bool(true, flag),
    "migrate-timadj": prop.unmodelled(prop.bool(true, flag)),
    ...pciProperties,
    bootindex: prop.late(prop.unmodelled(prop.signed(32, undefined))),
  },
} satisfies DeviceType;

/** What a migration carries of the device. */
export interface DeviceState {
  readonly pci: PciDeviceState;
  readonly vectors: Uint8Array;
  readonly card: CardState;
  readonly subsystem: number;
  readonly subsystemVendor: number;
  ioAddress: number;
}

/** Intel's 82574L: two queues each way, checksums and segmentation, three kinds of interrupts. */
@injectable()
export class E1000eDevice implements Device {
  #function: PciFunction | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof e1000eType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(NETWORK) private readonly network: Network,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device, regions } = this;
    const { properties } = device;
    const { address, lease } = this.network.takeAddress(properties.mac);
    device.own(lease);
    device.object.add({ name: "mac", type: "str", get: () => macText(address) });
    const subject = this.pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_82574L,
      classId: CLASS_ETHERNET,
      subsystemVendorId: properties.subsys_ven,
      subsystemId: properties.subsys,
      interruptPin: 1,
      express: true,
      rom: ROM,
      configWritten: (offset, size) => {
        if (offset <= REG.command && offset + size > REG.command && subject.busMaster) link.ready();
      },
    });
    this.#function = subject;
    let ioAddress = 0;
    const { msi, msix } = this.#capabilities(subject, address);
    const card: Card = new Card({
      card: subject,
      clock: this.clock,
      nvm: new Nvm(address, DEVICE_82574L),
      address,
      send: (frame) => link.send(frame),
      ready: () => link.ready(),
      msi,
      msix,
    });
    const link = device.own(
      this.network.connect(
        {
          model: e1000eType.name,
          id: device.id,
          get mac() {
            return macText(card.address);
          },
          get canReceive() {
            return card.canReceive;
          },
          receive: (frame) => card.receive(frame),
        },
        properties.netdev,
        `${e1000eType.name}.netdev`,
      ),
    );
    subject.addBar(
      BAR.registers,
      "memory",
      regions.io("e1000e-mmio", byteLength(LENGTH.registers), {
        impl: { min: 4, max: 4 },
        read: (offset) => card.read(offset),
        write: (offset, value) => card.write(offset, value),
      }),
    );
    subject.addBar(BAR.flash, "memory", regions.container("e1000e-flash", byteLength(LENGTH.flash)));
    subject.addBar(
      BAR.ports,
      "io",
      regions.io("e1000e-io", byteLength(LENGTH.ports), {
        impl: { min: 4, max: 4 },
        read: (offset) => {
          if (offset === 0) return ioAddress;
          return offset === 4 && ioAddress < LAST_PORT_OFFSET ? card.read(ioAddress) : 0;
        },
        write: (offset, value) => {
          if (offset === 0) ioAddress = value;
          if (offset === 4 && ioAddress < LAST_PORT_OFFSET) card.write(ioAddress, value);
        },
      }),
    );
    device.own(this.resets.add(() => card.powerOn(properties["init-vet"] ? VLAN : 0)));
    card.powerOn(properties["init-vet"] ? VLAN : 0);
    const { subsys: subsystem, subsys_ven: subsystemVendor } = properties;
    device.carry({
      kind: "captured",
      idstr: `${subject.path}/e1000e`,
      version: 1,
      description: async () => (await import("./late/state.ts")).E1000E,
      capture: (): DeviceState => ({
        pci: subject.captureState(),
        vectors: msix.captureState(),
        ioAddress,
        subsystem,
        subsystemVendor,
        card: card.captureState(),
      }),
      restore: (state) => {
        msix.restoreState(state.vectors);
        subject.restoreState(state.pci);
        ({ ioAddress } = state);
        card.restoreState(state.card);
      },
    });
  }

  unplug(): void {
    this.#function?.requestUnplug();
  }

  #capabilities(subject: PciFunction, address: MacAddress) {
    const msix = subject.addMsix(VECTORS, BAR.messages, { offset: AT.messages, length: LENGTH.messages });
    addExpress(subject, {
      type: subject.bus.bridge === undefined ? "integratedEndpoint" : "endpoint",
      version: 1,
      offset: AT.express,
      extendedTags: this.device.properties["x-pcie-ext-tag"],
    });
    const msi = subject.addMsi({ offset: AT.message });
    subject.addPowerManagement({ offset: AT.power, ...POWER });
    addErrorReporting(subject, AT.errors);
    // The address with two bytes between its halves: PCI Express Base Specification 4.0 §7.9.3, IEEE's EUI-64.
    const [a, b, c, d, e, f] = address;
    const at = subject.addExtendedCapability(EXTENDED_CAPABILITY.serialNumber, 1, 12, AT.serial);
    subject.config.set32(at + 4, (f | (e << 8) | (d << 16) | (0xff << 24)) >>> 0);
    subject.config.set32(at + 8, (0xff | (c << 8) | (b << 16) | (a << 24)) >>> 0);
    return { msi, msix };
  }
}
