import { HOST_ADDRESS_SPACE, HostCalls, type PluginMachine } from "backplane";
import { VFIO_CALLS } from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import type { VfioOptions } from "../options.ts";
import { ModelHost, modelTime } from "./host.ts";
import { FileClaims } from "./nvme/file-claims.ts";
import { NvmeController } from "./nvme/controller.ts";

const PAGE = 4096;
const PCI_ADDRESS = /^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;
/** 48 bits, without the window of message signalled interrupts on x86. */
const RANGES = [
  { start: 0, end: 0xfedfffff },
  { start: 0xfef00000, end: 2 ** 48 - 1 },
];

/** The host that a definition describes. Throws for addresses and files that are wrong. */
export function makeModel(machine: PluginMachine, options: VfioOptions): ModelHost {
  const time = modelTime();
  const calls = new HostCalls("vfio-helpers", VFIO_CALLS, options.faults);
  const claims = new FileClaims();
  const functions: NvmeController[] = [];
  for (const device of options.devices) {
    if (!PCI_ADDRESS.test(device.address)) throw vfioErrors.VFIO_MODEL_ADDRESS(device.address);
    if (functions.some(({ address }) => address === device.address)) {
      throw vfioErrors.VFIO_MODEL_TWICE(device.address);
    }
    const controller = new NvmeController(device, time, claims);
    machine.own({ dispose: () => controller.close() });
    functions.push(controller);
  }
  const { entryLimit, memlockLimit, ranges = RANGES } = options;
  return new ModelHost({
    functions,
    table: { pageSize: PAGE, ranges, entryLimit, memlockLimit },
    memory: machine.use(HOST_ADDRESS_SPACE),
    calls,
    time,
  });
}
