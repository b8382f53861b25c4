import { machineErrors, prop, type OptionValue, type PropertyTable } from "backplane";
import { addressText } from "./device-tree.ts";

/** Any free slot. */
const UNSET = -1;

const words = (value: OptionValue): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

/** `06.0`, `06`, `0x6`: slot (hexadecimal) and optional function, or a number that holds both. */
const addr = prop.custom<number>({
  type: "str",
  default: UNSET,
  description: "Slot and optional function number, example: 06.0 or 06",
  parse(value, name, owner, form) {
    // In a definition 4.0 is the number 4, which would be function 4 of slot 0.
    const isAmbiguous = typeof value === "number" && (form === undefined || form === "config");
    if (typeof value === "number" && !isAmbiguous && Number.isInteger(value) && value >= -1 && value <= 255) {
      return value;
    }
    const match =
      typeof value === "string" ? /^(?:0[xX])?([0-9a-fA-F]+)(?:\.(?:0[xX])?([0-9a-fA-F]+))?$/.exec(value) : null;
    const slot = Number.parseInt(match?.[1] ?? "", 16);
    const number = Number.parseInt(match?.[2] ?? "0", 16);
    if (match === null || slot > 31 || number > 7) {
      throw machineErrors
        .PROPERTY_REFUSED(owner, name, words(value))
        .advise(`write slot and function as text, in quotes: ${name}: "04.0"`);
    }
    return slot * 8 + number;
  },
  show: (devfn) => addressText(devfn ?? UNSET),
});

/** What every PCI device takes, whatever it is. Spread into the properties of a device type. */
export const pciProperties = {
  addr,
  romfile: prop.string(undefined),
  romsize: prop.unsigned(32, 0xffffffff),
  /** -1 is "as the device wants". */
  rombar: prop.signed(32, -1),
  multifunction: prop.bool(false, { description: "on/off" }),
  "x-pcie-lnksta-dllla": prop.unmodelled(prop.bool(true, { description: "on/off" })),
  "x-pcie-extcap-init": prop.unmodelled(prop.bool(true, { description: "on/off" })),
  failover_pair_id: prop.string(undefined),
  "acpi-index": prop.unsigned(32, 0),
  "x-pcie-err-unc-mask": prop.unmodelled(prop.bool(true, { description: "on/off" })),
  "x-pcie-ari-nextfn-1": prop.unmodelled(prop.bool(false, { description: "on/off" })),
  "x-max-bounce-buffer-size": prop.size(4096, {
    description: "Maximum buffer size allocated for bounce buffers used for mapped access to indirect DMA memory",
  }),
  "x-pcie-ext-tag": prop.bool(true, { description: "on/off" }),
  busnr: prop.readonly("busnr", undefined),
} satisfies PropertyTable;

/** What every bridge takes, before what every device does. */
export const bridgeProperties = {
  "x-pci-express-writeable-slt-bug": prop.unmodelled(prop.bool(false, { description: "on/off" })),
} satisfies PropertyTable;

export type PciPropertyTable = typeof pciProperties;
