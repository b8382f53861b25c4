import { defineErrors } from "backplane";

const failed = (call: string, code: number, text: string): string => `${call} ret=${code} fw_error=${text}`;

export const sevErrors = defineErrors({
  SEV_BASE64: {
    text: () => "Base64 data contains invalid characters",
    help: "A property of `sev-snp-guest` takes bytes in base64, and was given something else.",
  },
  SEV_PROPERTY_LENGTH: {
    text: (length: number, expected: number) => `parameter length of ${length} not equal to ${expected}`,
    help: "A property of `sev-snp-guest` takes bytes in base64, exactly as many as it says.",
  },
  SEV_PROPERTY_TOO_LONG: {
    text: (length: number, most: number) => `parameter length of ${length} exceeds max of ${most}`,
    help: "`guest-visible-workarounds` of `sev-snp-guest` takes 16 bytes in base64.",
  },
  SEV_ID_AUTH_TOO_LONG: {
    text: (length: number, most: number) => `parameter length:ID_AUTH ${length} exceeds max of ${most}`,
    help: "`id-auth` of `sev-snp-guest` takes at most 4096 bytes in base64.",
  },
  SEV_OBJECT_NOT_FOUND: {
    text: (id: string) => `Device '${id}' not found`,
    help: "`-machine confidential-guest-support=` names an object that does not exist.",
    errorClass: "DeviceNotFound",
    at: "confidential-guest-support",
    advice: "list a sev-guest or sev-snp-guest with that id under 'objects'",
  },
  SEV_ENCRYPTION_OBJECT_NOT_FOUND: {
    text: (id: string) => `No such memory encryption object '${id}'`,
    help: "`-machine memory-encryption=` names an object that does not exist.",
    at: "memory-encryption",
    advice: "list a sev-guest or sev-snp-guest with that id under 'objects'",
  },
  SEV_OBJECT_TYPE: {
    text: () => "Invalid parameter type for 'confidential-guest-support', expected: confidential-guest-support",
    help: "The object that `-machine confidential-guest-support=` names is neither a sev-guest nor a sev-snp-guest.",
    at: "confidential-guest-support",
  },
  SEV_ACCELERATOR: {
    text: (type: string) => `accelerator does not support confidential guest ${type}`,
    help: "An encrypted guest needs KVM. There is one where a definition says so: `sev: { host: {} }`, or a plugin that provides KVM_HOSTS.",
    advice: "add `sev: { host: {} }` to the definition",
  },
  SEV_PRIVATE_MEMORY: {
    text: (type: string) => `cannot set up private guest memory for ${type}: KVM required`,
    help: "An SNP guest needs KVM. There is one where a definition says so: `sev: { host: {} }`, or a plugin that provides KVM_HOSTS.",
    advice: "add `sev: { host: {} }` to the definition",
  },
  SEV_FIRMWARE_UNUSED: {
    text: (file: string) => `the firmware '${file}' is for an encrypted guest, and this machine's guest is not one`,
    help: "`sev.firmware` is given, but no object is the machine's confidential-guest-support.",
    at: "firmware",
  },
  SEV_FIRMWARE_FILE: {
    text: (file: string) => `qemu: could not load PC BIOS '${file}'`,
    help: "The file of `sev.firmware` cannot be read, or is no whole number of 64 KiB (at most 8 MiB).",
    at: "firmware",
  },
  SEV_NO_DISCARD: {
    text: () => "sev_kvm_init: cannot disable RAM discard",
    help: "An encrypted guest's memory is pinned, and somebody requires that it may be given back.",
  },
  SEV_SNP_SMM: {
    text: () => "SEV-SNP does not support SMM.",
    help: "A machine with a sev-snp-guest has `-machine smm=on`.",
    advice: "write smm=off, or leave it out",
  },
  SEV_CREATE_VM: {
    text: (reason: string) => `ioctl(KVM_CREATE_VM) failed: ${reason}`,
    help: "KVM makes no virtual machine: it has no memory for one, or not of this type.",
  },
  SEV_CBIT: {
    text: (host: number, given: number) =>
      `sev_common_kvm_init: cbitpos check failed, host '${host}' requested '${given}'`,
    help: "`cbitpos` must be the position that the processor reports (query-sev-capabilities).",
    at: "cbitpos",
  },
  SEV_PHYS_BITS: {
    text: (bits: number) =>
      `sev_common_kvm_init: reduced_phys_bits check failed, it should be in the range of 1 to 63, requested '${bits}'`,
    help: "`reduced-phys-bits` says by how many bits encryption shortens guest addresses.",
    at: "reduced-phys-bits",
  },
  SEV_DEVICE: {
    text: (device: string, reason: string) => `sev_common_kvm_init: Failed to open ${device} '${reason}'`,
    help: "The device of the secure processor cannot be opened.",
  },
  SEV_PLATFORM: {
    text: (code: number, firmware: number, text: string) =>
      `sev_common_kvm_init: failed to get platform status ret=${code} fw_error='${firmware}: ${text}'`,
    help: "The secure processor does not answer.",
  },
  SEV_NO_ES: {
    text: () => "sev_common_kvm_init: guest policy requires SEV-ES, but host SEV-ES support unavailable",
    help: "The guest's policy has bit 2, and the host's firmware is not configured for SEV-ES.",
  },
  SEV_CONFIGURATION: {
    text: () => "sev_common_kvm_init: host kernel does not support the requested SEV configuration.",
    help: "The kernel lacks the type of virtual machine that the guest needs; the log says which.",
  },
  SEV_INITIALIZE: {
    text: (code: number, firmware: number, text: string) =>
      `sev_common_kvm_init: failed to initialize ret=${code} fw_error=${firmware} '${text}'`,
    help: "KVM refuses to make the virtual machine an encrypted one.",
  },
  SEV_CONTEXT: {
    text: () => "sev_common_kvm_init: failed to create encryption context",
    help: "The launch of an encrypted guest cannot be started; the log says why.",
  },
  SEV_REGISTER: {
    text: (address: number, length: number, reason: string) =>
      `sev_ram_block_added: failed to register region (0x${address.toString(16)}+0x${length.toString(16)}) error '${reason}'`,
    help: "Memory of an encrypted guest cannot be pinned: usually the limit on locked memory is too low.",
  },
  SEV_UNREGISTER: {
    text: (address: number, length: number) =>
      `sev_ram_block_removed: failed to unregister region (0x${address.toString(16)}+0x${length.toString(16)})`,
    help: "Memory of an encrypted guest stays pinned until the machine ends.",
  },
  SEV_ENCRYPT_FLASH: {
    text: () => "SEV: Failed to encrypt pflash rom",
    help: "The firmware image cannot be encrypted; the log says why.",
  },
  SEV_RESET_BLOCK: {
    text: () => "SEV information block/Firmware GUID Table block not found in pflash rom",
    help: "A guest with an encrypted register state needs a firmware image that says where its processors start (OVMF for SEV-ES).",
  },
  SEV_RESET_ADDRESS: {
    text: () => "SEV-ES reset address is zero",
    help: "The firmware image has the block that says where processors start, and it says nowhere.",
  },
  SEV_UPDATE_VMSA: {
    text: (code: number, firmware: number, text: string) =>
      `sev_launch_update_vmsa: ${failed("LAUNCH_UPDATE_VMSA", code, `${firmware} '${text}'`)}`,
    help: "The processors' save areas cannot be encrypted.",
  },
  SEV_FINISH: {
    text: (code: number, firmware: number, text: string) =>
      `sev_launch_finish: ${failed("LAUNCH_FINISH", code, `${firmware} '${text}'`)}`,
    help: "The launch of an encrypted guest cannot be finished: it never runs.",
  },
  SEV_SNP_FINISH: {
    text: (code: number, firmware: number, text: string) => failed("SNP_LAUNCH_FINISH", code, `${firmware} '${text}'`),
    help: "The launch of an SNP guest cannot be finished: it never runs.",
  },
  SEV_SNP_UPDATE: {
    text: (code: number, firmware: number, text: string) => failed("SNP_LAUNCH_UPDATE", code, `${firmware} '${text}'`),
    help: "Pages of an SNP guest cannot be added to its launch.",
  },
  SEV_SNP_PRIVATE: {
    text: () => "SEV-SNP: failed to configure initialprivate guest memory",
    help: "KVM refuses to make guest addresses private.",
  },
  SEV_SNP_METADATA: {
    text: () => "sev_snp_launch_finish: Failed to locate SEV metadata header",
    help: "An SNP guest needs a firmware image that says which pages it wants (OVMF with SEV metadata).",
    advice: "name an OVMF image with sev.firmware",
  },
  SEV_SNP_PAGES: {
    text: (base: number, length: number) =>
      `snp_populate_metadata_pages: Failed to get HVA for GPA 0x${base.toString(16)} sz 0x${length.toString(16)}`,
    help: "The firmware image wants pages where the machine has no memory.",
  },
  SEV_SNP_KERNEL_HASHES: {
    text: () =>
      "kernel-hashes=on with the page for them in the firmware image, and no kernel whose hashes could stand there",
    help: "The machine loads no kernel itself (`-kernel`). The peer ends here by a failed assertion.",
    advice: "leave kernel-hashes out",
  },
  SEV_KVM_NOT_ENABLED: {
    text: () => "KVM not enabled",
    help: "`query-sev-capabilities` asks KVM, and the machine has none.",
  },
  SEV_NOT_IN_KVM: {
    text: () => "SEV is not enabled in KVM",
    help: "`query-sev-capabilities`: the host has no SEV.",
  },
  SEV_OPEN: {
    text: (device: string, reason: string) => `SEV: Failed to open ${device}: ${reason}`,
    help: "The device of the secure processor cannot be opened.",
  },
  SEV_EXPORT: {
    text: (firmware: number, text: string) => `SEV: Failed to export PDH cert ret=-1 fw_err=${firmware} (${text})`,
    help: "The secure processor does not give its certificates.",
  },
  SEV_CHIP_ID: {
    text: (firmware: number, text: string) => `SEV: Failed to get ID ret=-1 fw_err=${firmware} (${text})`,
    help: "The secure processor does not give its identity.",
  },
  SEV_NO_MEASUREMENT: {
    text: () => "SEV launch measurement is not available",
    help: "There is a measurement when a guest with a sev-guest has been loaded; never for SNP, whose guests attest themselves.",
  },
  SEV_NOT_ENABLED: {
    text: () => "SEV is not enabled",
    help: "The command is for a machine with a sev-guest.",
  },
  SEV_NOT_ENABLED_FOR_GUEST: {
    text: () => "SEV not enabled for guest",
    help: "The command is for a machine with a sev-guest.",
  },
  SEV_NONCE: {
    text: () => "SEV: failed to decode mnonce input",
    help: "The nonce of `query-sev-attestation-report` is 16 bytes in base64.",
  },
  SEV_NONCE_LENGTH: {
    text: (length: number) => `SEV: mnonce must be 16 bytes (got ${length})`,
    help: "The nonce of `query-sev-attestation-report` is 16 bytes in base64.",
  },
  SEV_REPORT_LENGTH: {
    text: (code: number, firmware: number, text: string) =>
      `SEV: Failed to query the attestation report length ret=${code} fw_err=${firmware} (${text})`,
    help: "The secure processor gives no attestation report.",
  },
  SEV_SECRET_STATE: {
    text: (state: number) => `SEV: Not in correct state. (LSECRET) ${state.toString(16)}`,
    help: "A secret is injected after the measurement, before the guest runs.",
  },
  SEV_SECRET_HEADER: {
    text: () => "SEV: Failed to decode sequence header",
    help: "The packet header of a secret is in base64.",
  },
  SEV_SECRET_DATA: {
    text: () => "SEV: Failed to decode data",
    help: "A secret is in base64.",
  },
  SEV_SECRET_ADDRESS: {
    text: (reason: string) => `SEV: Failed to calculate guest address: ${reason}`,
    help: "There is no memory where the secret is to go.",
  },
  SEV_SECRET: {
    text: (code: number, firmware: number, text: string) =>
      `SEV: failed to inject secret ret=${code} fw_error=${firmware} '${text}'`,
    help: "The secure processor refuses a secret: it was not made for this launch, or not with its keys.",
  },
  SEV_NO_SECRET_AREA: {
    text: () => "SEV: no secret area found in OVMF, gpa must be specified.",
    help: "The firmware image does not say where a secret goes.",
  },
});
