// Where on its bus a function goes.
import type { BusDevice } from "./bus.ts";
import type { PciFunctionRequest } from "./contract.ts";
import { pciErrors } from "./errors.ts";

const SLOTS = 32;
const FUNCTIONS = 8;

/** The place that the machine or the user names, or function 0 of the first free slot. Throws with the peer's texts. */
export function findPlace(bus: BusDevice, request: PciFunctionRequest): number {
  const { device } = request;
  const driver = device.type.name;
  const wanted = request.devfn ?? device.properties["addr"];
  const isNamed = typeof wanted === "number" && wanted >= 0;
  const devfn = isNamed ? wanted : firstFree(bus, driver);
  const [slot, number] = [Math.floor(devfn / FUNCTIONS), devfn % FUNCTIONS];
  if (isNamed && request.devfn === undefined && bus.isReserved(slot)) {
    throw pciErrors.PCI_ADDRESS_RESERVED(slot, number, driver);
  }
  const occupant = bus.at(devfn);
  if (occupant !== undefined) {
    throw pciErrors.PCI_ADDRESS_IN_USE(slot, number, driver, occupant.typeName, occupant.device.id);
  }
  const shown = bus.singleSlot ? 0 : slot;
  const first = bus.at(shown * FUNCTIONS);
  if (device.hotplugged && first !== undefined) throw pciErrors.PCI_FUNCTION_ZERO_TAKEN(shown, first.typeName, driver);
  checkFunctions(bus, slot, number, request.multifunction ?? device.properties["multifunction"] === true);
  return devfn;
}

function firstFree(bus: BusDevice, driver: string): number {
  for (let slot = 0; slot < SLOTS; slot++) {
    if (bus.at(slot * FUNCTIONS) === undefined && !bus.isReserved(slot)) return slot * FUNCTIONS;
  }
  throw pciErrors.PCI_BUS_FULL(driver);
}

/** The bit of function 0 says whether there are others (PCI Local Bus Specification 3.0 §6.2.1); the others may leave it. */
function checkFunctions(bus: BusDevice, slot: number, number: number, multifunction: boolean): void {
  if (number !== 0) {
    if (bus.at(slot * FUNCTIONS)?.multifunction === false) throw pciErrors.PCI_SINGLE_FUNCTION(slot, number);
    return;
  }
  if (multifunction) return;
  for (let other = 1; other < FUNCTIONS; other++) {
    if (bus.at(slot * FUNCTIONS + other) !== undefined) throw pciErrors.PCI_SINGLE_FUNCTION_POPULATED(slot, other);
  }
}
