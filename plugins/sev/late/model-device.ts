import { disposable, type HostCalls } from "backplane";
import type { SevDevice } from "../contract.ts";
import type { KvmCall } from "./kvm-calls.ts";
import type { SecureProcessor } from "./secure-processor.ts";

/** The device file of the secure processor, opened; `closed` runs once. */
export function openModelDevice(
  processor: SecureProcessor,
  calls: HostCalls<KvmCall>,
  isEsEnabled: boolean,
  closed: () => void,
): SevDevice {
  const close = disposable(closed);
  return {
    platformStatus() {
      calls.enter("platformStatus");
      const { apiMajor, apiMinor, buildId } = processor;
      return { apiMajor, apiMinor, build: buildId, isEsEnabled };
    },
    exportCertificates() {
      calls.enter("exportCertificates");
      return processor.certificates();
    },
    chipId() {
      calls.enter("chipId");
      return processor.chipId;
    },
    dispose: () => close.dispose(),
  };
}
