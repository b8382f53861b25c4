import type { Logger } from "backplane";
import { hasEncryptedState, type Confidential } from "../confidential-support.ts";
import type { KvmHost, KvmVmType, PlatformStatus, SevDevice } from "../contract.ts";
import { sevErrors } from "../errors.ts";
import { asking } from "../host-failure.ts";

/** The type of virtual machine that the guest needs; undefined, after a word of why, where the kernel has none. */
export function vmType(object: Confidential, host: KvmHost, log: Logger): KvmVmType | undefined {
  if (object.kind === "snp") return host.supports("snp") ? "snp" : undefined;
  // With `auto` the older type is taken: nothing that an object can say needs a newer one.
  if (object.legacyVmType !== "off") return "default";
  const type = hasEncryptedState(object) ? "sev-es" : "sev";
  if (host.supports(type)) return type;
  const name = type === "sev" ? "KVM_X86_SEV_VM" : "KVM_X86_SEV_ES_VM";
  log.error(
    `SEV: host kernel does not support requested ${name} VM type. To allow use of the legacy KVM_X86_DEFAULT_VM VM type, the 'legacy-vm-type' argument must be set to 'on' or 'auto' for the sev-guest object.`,
  );
  return undefined;
}

/** Makes the virtual machine an encrypted one, up to where its launch starts. Throws the peer's texts, in its order. */
export function initializeKvm(
  object: Confidential,
  host: KvmHost,
  log: Logger,
): { readonly device: SevDevice; readonly status: PlatformStatus } {
  const type = vmType(object, host, log);
  if (type === undefined) throw sevErrors.SEV_CONFIGURATION();
  asking(
    () => host.createVm(type),
    ({ reason }) => sevErrors.SEV_CREATE_VM(reason),
  );
  if (host.cBitPosition !== object.cBitPosition) throw sevErrors.SEV_CBIT(host.cBitPosition, object.cBitPosition);
  const { reducedPhysBits } = object;
  if (reducedPhysBits < 1 || reducedPhysBits > 63) throw sevErrors.SEV_PHYS_BITS(reducedPhysBits);
  const device = asking(
    () => host.openDevice(object.device),
    ({ reason }) => sevErrors.SEV_DEVICE(object.device, reason),
  );
  try {
    // An ioctl on a device file returns -1, whatever the error.
    const status = asking(
      () => device.platformStatus(),
      ({ firmware, text }) => sevErrors.SEV_PLATFORM(-1, firmware, text),
    );
    if (object.kind === "sev" && hasEncryptedState(object) && !status.isEsEnabled) throw sevErrors.SEV_NO_ES();
    asking(
      () => (type === "default" ? host.initialize(hasEncryptedState(object)) : host.initialize2()),
      ({ result, firmware, text }) => sevErrors.SEV_INITIALIZE(result, firmware, text),
    );
    return { device, status };
  } catch (failure) {
    void device.dispose();
    throw failure;
  }
}
