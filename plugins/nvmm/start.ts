import { disposable, HostCallError, type BackplaneError, type Disposable, type Logger } from "backplane";
import type { NvmmCapability, NvmmHost, NvmmMachine } from "./contract.ts";
import { nvmmErrors } from "./errors.ts";
import { netbsdErrno } from "./host-errno.ts";
import { KERNEL_VERSION, STATE_SIZE } from "./model/limits.ts";

function asked<T>(call: () => T, error: (errno: number) => BackplaneError): T {
  try {
    return call();
  } catch (failure) {
    throw failure instanceof HostCallError ? error(netbsdErrno(failure)) : failure;
  }
}

export interface StartedMachine {
  readonly machine: NvmmMachine;
  readonly capability: NvmmCapability;
}

/** Opens the host and makes a machine; whatever the host still has of it goes when `own`'s owner does. */
export function startMachine(host: NvmmHost, own: (resource: Disposable) => void, log: Logger): StartedMachine {
  own(disposable(() => host.close()));
  asked(() => host.init(), nvmmErrors.NVMM_INIT);
  const capability = asked(() => host.capability(), nvmmErrors.NVMM_CAPABILITY);
  if (capability.version < KERNEL_VERSION) throw nvmmErrors.NVMM_VERSION(capability.version);
  if (capability.stateSize !== STATE_SIZE) throw nvmmErrors.NVMM_STATE_SIZE(capability.stateSize);
  const machine = asked(() => host.machineCreate(), nvmmErrors.NVMM_MACHINE);
  own(
    disposable(() => {
      try {
        host.machineDestroy(machine);
      } catch (failure) {
        // It goes when the device is closed.
        if (!(failure instanceof HostCallError)) throw failure;
        log.debug(`the machine stays until the device is closed: ${failure.text}`);
      }
    }),
  );
  return { machine, capability };
}
