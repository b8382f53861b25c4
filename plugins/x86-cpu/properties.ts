// Properties of processors: what CPUID tells and how the peer fills it in. The names are those of the peer; leaves and
// bits are those of Intel SDM volume 2A, "CPUID", and AMD APM volume 3, appendix E.
import { machineErrors, prop, type JsonValue, type Property, type PropertyTable } from "backplane";
import { cpuErrors } from "./errors.ts";
import { featureFaults } from "./missing-features.ts";
import { modelValues } from "./model-values.ts";
import { CPU_MODELS } from "./models.ts";

/** On or off as the model says. */
export const FEATURES =
  "3dnow 3dnowext 3dnowprefetch abm ace2 ace2-en acpi adx aes amd-no-ssb amd-psfd amd-ssbd amd-stibp amx-bf16 " +
  "amx-complex amx-fp16 amx-int8 amx-tile apic arat arch-capabilities arch-lbr auto-ibrs avic avx avx-ifma " +
  "avx-ne-convert avx-vnni avx-vnni-int16 avx-vnni-int8 avx10 avx10-128 avx10-256 avx10-512 avx2 avx512-4fmaps " +
  "avx512-4vnniw avx512-bf16 avx512-fp16 avx512-vp2intersect avx512-vpopcntdq avx512bitalg avx512bw avx512cd " +
  "avx512dq avx512er avx512f avx512ifma avx512pf avx512vbmi avx512vbmi2 avx512vl avx512vnni bhi-ctrl bhi-no " +
  "bmi1 bmi2 bus-lock-detect cid cldemote clflush clflushopt clwb clzero cmov cmp-legacy cmp_legacy cmpccxadd " +
  "core-capability cr8legacy cx16 cx8 dca ddpd-u de decodeassists ds ds-cpl ds_cpl dtes64 eraps erms est " +
  "extapic f16c fb-clear fbsdp-no fdp-excptn-only ffxsr flush-l1d flushbyasid fma fma4 fpu fred fsgsbase fsrc " +
  "fsrm fsrs full-width-write fxsr fxsr-opt fxsr_opt fzrm gds-no gfni hle ht hypervisor i64 ia64 ibpb " +
  "ibpb-brtype ibrs ibrs-all ibs intel-psfd intel-pt intel-pt-lip invpcid invtsc ipred-ctrl kvm-asyncpf " +
  "kvm-asyncpf-int kvm-asyncpf-vmexit kvm-hint-dedicated kvm-mmu kvm-msi-ext-dest-id kvm-nopiodelay " +
  "kvm-poll-control kvm-pv-eoi kvm-pv-ipi kvm-pv-sched-yield kvm-pv-tlb-flush kvm-pv-unhalt kvm-steal-time " +
  "kvm_asyncpf kvm_asyncpf_int kvm_mmu kvm_nopiodelay kvm_poll_control kvm_pv_eoi kvm_pv_unhalt kvm_steal_time " +
  "kvmclock kvmclock-stable-bit la57 lahf-lm lahf_lm lam lbrv lfence-always-serializing lkgs lm lwp mca mcdt-no " +
  "mce md-clear mds-no misalignsse mmx mmxext monitor movbe movdir64b movdiri mpx msr mtrr no-nested-data-bp " +
  "nodeid-msr nodeid_msr npt nrip-save nrip_save null-sel-clr-base nx osvw overflow-recov pae pat pause-filter " +
  "pause_filter pbe pbrsb-no pcid pclmuldq pclmulqdq pcommit pdcm pdpe1gb perfctr-core perfctr-nb perfctr_core " +
  "perfctr_nb perfmon-v2 pfthreshold pge phe phe-en pks pku pmm pmm-en pn pni popcnt prefetchiti pschange-mc-no " +
  "psdp-no pse pse36 rdctl-no rdpid rdrand rdseed rdtscp rfds-clear rfds-no rrsba-ctrl rsba rtm sbdr-ssdp-no " +
  "sbpb sep serialize sgx sgx-aex-notify sgx-debug sgx-edeccssa sgx-exinfo sgx-kss sgx-mode64 sgx-provisionkey " +
  "sgx-tokenkey sgx1 sgx2 sgxlc sha-ni sha512 skinit skip-l1dfl-vmentry sm3 sm4 smap smep smx spec-ctrl " +
  "split-lock-detect srso-no srso-user-kernel-no ss ssb-no ssbd sse sse2 sse3 sse4-1 sse4-2 sse4.1 sse4.2 " +
  "sse4_1 sse4_2 sse4a ssse3 start-powered-off stibp stibp-always-on succor svm svm-lock svm_lock svme-addr-chk " +
  "syscall taa-no tbm tce tm tm2 topoext tsc tsc-adjust tsc-deadline tsc-scale tsc_adjust tsc_scale tsx-ctrl " +
  "tsx-ldtrk umip v-vmsave-vmload vaes vgif virt-ssbd vmcb-clean vmcb_clean vme vmx vmx-activity-hlt " +
  "vmx-activity-shutdown vmx-activity-wait-sipi vmx-any-errcode vmx-apicv-register vmx-apicv-vid " +
  "vmx-apicv-x2apic vmx-apicv-xapic vmx-cr3-load-noexit vmx-cr3-store-noexit vmx-cr8-load-exit " +
  "vmx-cr8-store-exit vmx-desc-exit vmx-enable-user-wait-pause vmx-encls-exit vmx-entry-ia32e-mode " +
  "vmx-entry-load-bndcfgs vmx-entry-load-efer vmx-entry-load-fred vmx-entry-load-pat " +
  "vmx-entry-load-perf-global-ctrl vmx-entry-load-pkrs vmx-entry-load-rtit-ctl vmx-entry-noload-debugctl " +
  "vmx-ept vmx-ept-1gb vmx-ept-2mb vmx-ept-advanced-exitinfo vmx-ept-execonly vmx-eptad vmx-eptp-switching " +
  "vmx-exit-ack-intr vmx-exit-clear-bndcfgs vmx-exit-clear-rtit-ctl vmx-exit-load-efer vmx-exit-load-pat " +
  "vmx-exit-load-perf-global-ctrl vmx-exit-load-pkrs vmx-exit-nosave-debugctl vmx-exit-save-efer " +
  "vmx-exit-save-pat vmx-exit-save-preemption-timer vmx-exit-secondary-ctls vmx-flexpriority vmx-hlt-exit " +
  "vmx-ins-outs vmx-intr-exit vmx-invept vmx-invept-all-context vmx-invept-single-context " +
  "vmx-invept-single-context-noglobals vmx-invlpg-exit vmx-invpcid-exit vmx-invvpid vmx-invvpid-all-context " +
  "vmx-invvpid-single-addr vmx-io-bitmap vmx-io-exit vmx-monitor-exit vmx-movdr-exit vmx-msr-bitmap vmx-mtf " +
  "vmx-mwait-exit vmx-nested-exception vmx-nmi-exit vmx-page-walk-4 vmx-page-walk-5 vmx-pause-exit vmx-ple " +
  "vmx-pml vmx-posted-intr vmx-preemption-timer vmx-rdpmc-exit vmx-rdrand-exit vmx-rdseed-exit vmx-rdtsc-exit " +
  "vmx-rdtscp-exit vmx-secondary-ctls vmx-shadow-vmcs vmx-store-lma vmx-true-ctls vmx-tsc-offset " +
  "vmx-tsc-scaling vmx-unrestricted-guest vmx-vintr-pending vmx-vmfunc vmx-vmwrite-vmexit-fields vmx-vnmi " +
  "vmx-vnmi-pending vmx-vpid vmx-wbinvd-exit vmx-xsaves vmx-zero-len-inject vnmi vpclmulqdq waitpkg wbnoinvd " +
  "wdt wrmsrns x2apic xcrypt xcrypt-en xd xfd xgetbv1 xop xsave xsavec xsaveerptr xsaveopt xsaves xstore " +
  "xstore-en xtpr zero-fcs-fds";
/** Second names of features. */
export const FEATURE_ALIASES: { readonly [alias: string]: string } = {
  cmp_legacy: "cmp-legacy",
  ds_cpl: "ds-cpl",
  ffxsr: "fxsr-opt",
  fxsr_opt: "fxsr-opt",
  i64: "lm",
  kvm_asyncpf: "kvm-asyncpf",
  kvm_asyncpf_int: "kvm-asyncpf-int",
  kvm_mmu: "kvm-mmu",
  kvm_nopiodelay: "kvm-nopiodelay",
  kvm_poll_control: "kvm-poll-control",
  kvm_pv_eoi: "kvm-pv-eoi",
  kvm_pv_unhalt: "kvm-pv-unhalt",
  kvm_steal_time: "kvm-steal-time",
  lahf_lm: "lahf-lm",
  nodeid_msr: "nodeid-msr",
  nrip_save: "nrip-save",
  pause_filter: "pause-filter",
  pclmuldq: "pclmulqdq",
  perfctr_core: "perfctr-core",
  perfctr_nb: "perfctr-nb",
  sse3: "pni",
  "sse4-1": "sse4.1",
  "sse4-2": "sse4.2",
  sse4_1: "sse4.1",
  sse4_2: "sse4.2",
  svm_lock: "svm-lock",
  tsc_adjust: "tsc-adjust",
  tsc_scale: "tsc-scale",
  vmcb_clean: "vmcb-clean",
  xd: "nx",
};
/** Switches that do not depend on the model. */
const SWITCHES_ON =
  "check cpuid-0xb fill-mtrr-mask full-cpuid-auto-level kvm l3-cache tcg-cpuid vmware-cpuid-freq " +
  "x-amd-topoext-features-only x-intel-pt-auto-level x-l1-cache-per-thread x-migrate-smi-count " +
  "x-vendor-cpuid-only";
/** … and those that are off. */
const SWITCHES_OFF =
  "enforce host-phys-bits hv-apicv hv-avic hv-crash hv-emsr-bitmap hv-enforce-cpuid hv-evmcs hv-frequencies " +
  "hv-ipi hv-passthrough hv-reenlightenment hv-relaxed hv-reset hv-runtime hv-stimer hv-stimer-direct hv-syndbg " +
  "hv-synic hv-time hv-tlbflush hv-tlbflush-direct hv-tlbflush-ext hv-vapic hv-vpindex hv-xmm-input " +
  "kvm-pv-enforce-cpuid lmce pmu x-force-features x-hv-synic-kvm-only xen-vapic";
/** What is no feature of CPUID. */
export const SWITCHES: ReadonlySet<string> = new Set(`${SWITCHES_ON} ${SWITCHES_OFF}`.split(" "));
/** The models that copy what there is have two more. */
const COPYING_MODELS: ReadonlySet<string> = new Set(["max", "host"]);

const UNSET = 0xffff_ffff;
const feature: Property<boolean | undefined> = { ...prop.bool(false, { description: "" }), default: undefined };

function atMost(limit: number): Property<number | undefined> {
  const number = prop.unsigned(53, undefined, { type: "int" });
  return {
    ...number,
    parse(value, name, owner, form) {
      const parsed = number.parse(value, name, owner, form) ?? 0;
      if (parsed > limit) throw cpuErrors.CPU_NUMBER_LARGE(name, limit);
      return parsed;
    },
  };
}

const text = (): Property<string | undefined> => prop.string(undefined, { type: "string", description: "" });

const vendor: Property<string | undefined> = {
  ...text(),
  parse(value, name, owner, form) {
    const parsed = text().parse(value, name, owner, form) ?? "";
    if (parsed.length !== 12) throw cpuErrors.CPU_VENDOR_LENGTH();
    return parsed;
  },
};

const readOnly = (type: string): Property<undefined> => prop.readonly(type, undefined, { description: "" });

const memory: Property<undefined> = {
  ...readOnly("link<memory-region>"),
  parse(value) {
    throw machineErrors.LINK_NOT_FOUND(typeof value === "string" ? value : JSON.stringify(value));
  },
};

function typed(): PropertyTable {
  const coordinate = prop.signed(32, -1);
  const unset = prop.unsigned(32, UNSET);
  const count = prop.unsigned(32, 0);
  const listed = prop.unsigned(8, 0);
  return {
    family: atMost(0xff + 0xf),
    model: atMost(0xff),
    stepping: atMost(0xf),
    vendor,
    "model-id": text(),
    "tsc-frequency": prop.signed(53, undefined, { type: "int" }),
    "apic-id": unset,
    "socket-id": coordinate,
    "die-id": coordinate,
    "module-id": coordinate,
    "core-id": coordinate,
    "thread-id": coordinate,
    "node-id": coordinate,
    level: unset,
    "level-func7": unset,
    xlevel: unset,
    xlevel2: unset,
    "min-level": count,
    "min-xlevel": count,
    "min-xlevel2": count,
    "phys-bits": count,
    "guest-phys-bits": unset,
    "host-phys-bits-limit": listed,
    "avx10-version": listed,
    "ucode-rev": prop.unsigned(53, 0),
    "lbr-fmt": prop.unsigned(53, undefined),
    lbr_fmt: prop.unsigned(53, undefined),
    "hv-spinlocks": unset,
    "hv-version-id-build": prop.unsigned(32, 14393),
    "hv-version-id-major": prop.unsigned(16, 10),
    "hv-version-id-minor": prop.unsigned(16, 0),
    "hv-version-id-spack": count,
    "hv-version-id-sbranch": listed,
    "hv-version-id-snumber": count,
    "hv-vendor-id": prop.string(undefined),
    "hv-no-nonarch-coresharing": prop.choice("OnOffAuto", ["on", "off", "auto"], "off", { description: "on/off/auto" }),
    "x-hv-max-vps": coordinate,
    memory,
    "crash-information": readOnly("GuestPanicInformation"),
    "feature-words": readOnly("X86CPUFeatureWordInfo"),
    "filtered-features": readOnly("X86CPUFeatureWordInfo"),
    "unavailable-features": readOnly("strList"),
  };
}

/** Revisions that the peer's processors have where nobody says otherwise. */
const AMD_MICROCODE = 0x01000065;
const INTEL_MICROCODE = 0x1_0000_0000;
/** What all models show. */
const COMMON_VALUES: { readonly [name: string]: JsonValue } = {
  "guest-phys-bits": 0,
  "hv-vendor-id": "Microsoft Hv",
  memory: "/machine/unattached/system[0]",
  "lbr-fmt": 18446744073709551552n,
  lbr_fmt: 18446744073709551552n,
};

/** What a processor of a model shows where nobody has said otherwise. Looked up when somebody looks. */
class Shown {
  readonly #model: string;
  #values: { readonly [name: string]: JsonValue } | undefined;

  constructor(model: string) {
    this.#model = model;
  }

  value(name: string): JsonValue | undefined {
    return (this.#values ??= this.#look())[name];
  }

  #look(): { readonly [name: string]: JsonValue } {
    const { features, values } = modelValues(this.#model);
    const known = CPU_MODELS.get(this.#model);
    const missing = new Set(featureFaults(this.#model, new Map()).missingNames);
    const held = [...features].filter((name) => !missing.has(name));
    return {
      ...Object.fromEntries(held.map((name) => [name, true])),
      ...COMMON_VALUES,
      family: known?.family ?? 0,
      model: known?.model ?? 0,
      stepping: known?.stepping ?? 0,
      "phys-bits": known?.physBits ?? 0,
      "ucode-rev": known?.vendor === "AuthenticAMD" ? AMD_MICROCODE : INTEL_MICROCODE,
      ...values,
    };
  }
}

/** TCG has no such feature, whatever a processor was given. */
export const tcgLacks = (name: string): boolean =>
  featureFaults("base", new Map([[name, true]])).missingNames.includes(name);

function build(model: string): PropertyTable {
  const shown = new Shown(model);
  const table: Record<string, Property<unknown>> = {};
  for (const [name, property] of Object.entries(typed())) {
    table[name] = {
      ...property,
      format: (value) => {
        if (value !== property.default && value !== undefined) return value as JsonValue;
        return shown.value(name) ?? (ZERO.has(name) ? 0 : ((property.default as JsonValue | undefined) ?? ""));
      },
    };
  }
  for (const name of FEATURES.split(" ")) {
    const known = FEATURE_ALIASES[name] ?? name;
    table[name] = {
      ...feature,
      format: (value) => (typeof value === "boolean" ? value && !tcgLacks(known) : (shown.value(known) ?? false)),
    };
  }
  const on = prop.bool(true, { description: "on/off" });
  const off = prop.bool(false, { description: "on/off" });
  for (const name of SWITCHES_ON.split(" ")) table[name] = on;
  for (const name of SWITCHES_OFF.split(" ")) table[name] = off;
  if (COPYING_MODELS.has(model)) {
    table["migratable"] = on;
    table["host-cache-info"] = off;
  }
  return table;
}

/** Numbers of CPUID that are 0 where a model has none. */
const ZERO = new Set(["family", "model", "stepping", "level", "level-func7", "xlevel", "xlevel2", "tsc-frequency"]);

/** Few models are looked at more than once. */
const KEPT = 4;
const tables = new Map<string, PropertyTable>();

/** The table of a model, made when somebody looks: five hundred properties. */
export function cpuProperties(model: string): PropertyTable {
  const known = tables.get(model);
  if (known !== undefined) return known;
  const table = build(model);
  const [oldest] = tables.keys();
  if (tables.size >= KEPT && oldest !== undefined) tables.delete(oldest);
  tables.set(model, table);
  return table;
}
