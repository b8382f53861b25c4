import { defineErrors } from "backplane";

const NOT_THERE =
  "The host's NVMM, or what stands for it, refused at the start of the machine; without it there is none.";

export const nvmmErrors = defineErrors({
  NVMM_INIT: {
    text: (errno: number) => `NVMM: Initialization failed, error=${errno}`,
    help: NOT_THERE,
  },
  NVMM_CAPABILITY: {
    text: (errno: number) => `NVMM: Unable to fetch capability, error=${errno}`,
    help: NOT_THERE,
  },
  NVMM_VERSION: {
    text: (version: number) => `NVMM: Unsupported version ${version}`,
    help: "The kernel's NVMM is older than the interface that is spoken here. Update the host.",
  },
  NVMM_STATE_SIZE: {
    text: (size: number) => `NVMM: Wrong state size ${size}`,
    help: "The kernel's NVMM keeps another state of processors than the interface that is spoken here. Update the host.",
  },
  NVMM_MACHINE: {
    text: (errno: number) => `NVMM: Machine creation failed, error=${errno}`,
    help: NOT_THERE,
  },
  NVMM_OTHER_HYPERVISOR: {
    text: () => "nvmm and sev.host (KVM) are both in this machine: it can have one hypervisor",
    help: "The key `nvmm` brings NetBSD's hypervisor, `sev: { host: … }` or a plugin that provides KVM_HOSTS brings Linux's.",
    advice: "leave out `nvmm`, or `host` under `sev`",
  },
  NVMM_VCPU: {
    text: (reason: string) => `nvmm_init_vcpu failed: ${reason}`,
    help: "The host made no virtual processor: there are too many, or it has no memory for them.",
  },
  NVMM_BYTES: {
    text: () => "Parameter 'bytes' expects pairs of hexadecimal digits, 4096 at most",
    help: "Bytes that the guest is to write are given as text.",
  },
});
