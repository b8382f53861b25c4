// The sections `cpu_common` and `cpu` of a processor, by the peer's names. After reset: Intel SDM volume 3 §10.1.
import {
  structField,
  structsField,
  type ScalarType,
  type ScalarValue,
  type StateDescription,
  type StateField,
  type StateSubsection,
} from "backplane";
import type { ProcessorState } from "../processor-states.ts";

const ONES = 0xffff_ffff_ffff_ffffn;
/** `cs:ip` of the first instruction. */
const RESET_IP = 0xfff0n;
const RESET_BASE = 0xffff_0000n;
/** In the area that the firmware was copied to. */
const FIRMWARE_BASE = 0xf_0000n;

/** What is not zero. */
const AFTER_RESET: { readonly [name: string]: bigint } = {
  "env.eip": RESET_IP,
  "env.eflags": 2n,
  "env.hflags": 0x40n,
  "env.fpuc": 0x37fn,
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5].flatMap((index) => [
      [`env.segs.${index}.limit`, 0xffffn],
      [`env.segs.${index}.flags`, index === 1 ? 0x9b00n : 0x9300n],
    ]),
  ),
  "env.segs.1.selector": 0xf000n,
  "env.segs.1.base": RESET_BASE,
  "env.ldt.limit": 0xffffn,
  "env.ldt.flags": 0x8200n,
  "env.tr.limit": 0xffffn,
  "env.tr.flags": 0x8b00n,
  "env.gdt.limit": 0xffffn,
  "env.idt.limit": 0xffffn,
  "env.cr[0]": 0x6000_0010n,
  "env.dr.6": 0xffff_0ff0n,
  "env.dr.7": 0x400n,
  "env.a20_mask": -1n,
  "env.mxcsr": 0x1f80n,
  "env.smbase": 0x3_0000n,
  "env.pat": 0x0007_0406_0007_0406n,
  "env.hflags2": 0x101n,
  "env.interrupt_injected": -1n,
  "env.exception_nr": -1n,
  "env.mcg_cap": 0x100_010an,
  "env.mcg_ctl": ONES,
  ...Object.fromEntries(Array.from({ length: 10 }, (_, bank) => [`env.mce_banks.${4 * bank}`, ONES])),
  "env.xcr0": 1n,
};

function valueOf(state: ProcessorState, name: string): bigint {
  const known = state.registers.get(name);
  if (known !== undefined) return known;
  if (name === "env.regs.2" && state.position === "start") return BigInt(state.signature);
  if (name === "env.segs.1.base" && state.position !== "start") return FIRMWARE_BASE;
  if (name === "env.eip" && state.position !== "start") return 0n;
  return AFTER_RESET[name] ?? 0n;
}

/** A register, or a row of them. */
function register(name: string, type: ScalarType, count = 1, prefix = ""): StateField<ProcessorState> {
  const key = prefix + name;
  const set = (state: ProcessorState, at: string, value: ScalarValue): void =>
    void state.registers.set(at, BigInt(value));
  if (count === 1) {
    return {
      kind: "scalar",
      name,
      type,
      get: (state) => valueOf(state, key),
      set: (state, value) => set(state, key, value),
    };
  }
  return {
    kind: "array",
    name,
    type,
    length: count,
    get: (state, index) => valueOf(state, `${key}.${index}`),
    set: (state, index, value) => set(state, `${key}.${index}`, value),
  };
}

type Shape = readonly (readonly [name: string, type: ScalarType])[];

const SEGMENT: Shape = [
  ["selector", "uint32"],
  ["base", "uint64"],
  ["limit", "uint32"],
  ["flags", "uint32"],
];

function part(vmsd: string, shape: Shape, prefix: string): StateDescription<ProcessorState> {
  return { name: vmsd, version: 1, fields: shape.map(([name, type]) => register(name, type, 1, prefix)) };
}

function record(name: string, vmsd: string, shape: Shape): StateField<ProcessorState> {
  return {
    kind: "struct",
    name,
    description: part(vmsd, shape, `${name}.`),
    of: (state) => state,
  };
}

/** A view of the state in which names begin with the place in a row. */
interface Member {
  readonly state: ProcessorState;
  readonly prefix: string;
}

function records(name: string, vmsd: string, shape: Shape, length: number): StateField<ProcessorState> {
  const description: StateDescription<Member> = {
    name: vmsd,
    version: 1,
    fields: shape.map(([member, type]) => ({
      kind: "scalar",
      name: member,
      type,
      get: ({ state, prefix }) => valueOf(state, prefix + member),
      set: ({ state, prefix }, value) => void state.registers.set(prefix + member, BigInt(value)),
    })),
  };
  return {
    kind: "structs",
    name,
    description: description,
    length,
    of: (state, index) => ({ state, prefix: `${name}.${index}.` }) satisfies Member,
  };
}

const FPU_REGISTERS = 8;
/** Mantissa and exponent. */
const FPU_BYTES = 10;

/** A floating-point register, as its ten bytes in the stream's order. */
const FPU_PARTS: StateDescription<Uint8Array> = {
  name: "fpreg_tmp",
  version: 0,
  fields: [
    {
      kind: "scalar",
      name: "tmp_mant",
      type: "uint64",
      get: (bytes) => Buffer.from(bytes).readBigUInt64BE(0),
      set: (bytes, value) => viewOf(bytes).setBigUint64(0, BigInt(value)),
    },
    {
      kind: "scalar",
      name: "tmp_exp",
      type: "uint16",
      get: (bytes) => Buffer.from(bytes).readUInt16BE(8),
      set: (bytes, value) => viewOf(bytes).setUint16(8, Number(value)),
    },
  ],
};
const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

const FPU_REGISTER: StateDescription<Uint8Array> = {
  name: "fpreg",
  version: 0,
  fields: [
    { ...structField("tmp", FPU_PARTS, (bytes: Uint8Array) => bytes), isTemporary: true } as StateField<Uint8Array>,
  ],
};

export const CPU_COMMON: StateDescription<ProcessorState> = {
  name: "cpu_common",
  version: 1,
  fields: [
    {
      kind: "scalar",
      name: "halted",
      type: "uint32",
      get: ({ halted }) => halted,
      set: (state, value) => {
        state.halted = Number(value);
      },
    },
    {
      kind: "scalar",
      name: "interrupt_request",
      type: "uint32",
      get: ({ interruptRequest }) => interruptRequest,
      set: (state, value) => {
        state.interruptRequest = Number(value);
      },
    },
  ],
};

const LOW: Shape = [
  ["_q_ZMMReg[0]", "uint64"],
  ["_q_ZMMReg[1]", "uint64"],
];
const HIGH: Shape = [
  ["_q_ZMMReg[2]", "uint64"],
  ["_q_ZMMReg[3]", "uint64"],
];

/** Registers that a stream has when they are in use: what has brought them carries them on. */
const OCCASIONAL: readonly (readonly [name: string, fields: Shape])[] = [
  [
    "exception_info",
    [
      ["env.exception_pending", "uint8"],
      ["env.exception_injected", "uint8"],
      ["env.exception_has_payload", "uint8"],
      ["env.exception_payload", "uint64"],
    ],
  ],
  [
    "fpop_ip_dp",
    [
      ["env.fpop", "uint16"],
      ["env.fpip", "uint64"],
      ["env.fpdp", "uint64"],
    ],
  ],
  ["msr_tsc_adjust", [["env.tsc_adjust", "uint64"]]],
  ["msr_tscdeadline", [["env.tsc_deadline", "uint64"]]],
  ["msr_ia32_misc_enable", [["env.msr_ia32_misc_enable", "uint64"]]],
  ["msr_ia32_feature_control", [["env.msr_ia32_feature_control", "uint64"]]],
  ["xss", [["env.xss", "uint64"]]],
  ["umwait", [["env.umwait", "uint32"]]],
  ["pkru", [["env.pkru", "uint32"]]],
  ["pkrs", [["env.pkrs", "uint32"]]],
  ["mcg_ext_ctl", [["env.mcg_ext_ctl", "uint64"]]],
  ["spec_ctrl", [["env.spec_ctrl", "uint64"]]],
  ["virt_ssbd", [["env.virt_ssbd", "uint64"]]],
  ["msr_smi_count", [["env.msr_smi_count", "uint64"]]],
  ["msr_hwcr", [["env.msr_hwcr", "uint64"]]],
];

function occasional(name: string, shape: Shape): StateSubsection<ProcessorState> {
  return {
    name: `cpu/${name}`,
    version: 1,
    isNeeded: ({ registers }) => shape.some(([field]) => registers.has(field)),
    fields: shape.map(([field, type]) => register(field, type)),
  };
}

export const CPU: StateDescription<ProcessorState> = {
  name: "cpu",
  version: 12,
  minimumVersion: 11,
  fields: [
    register("env.regs", "uint64", 16),
    register("env.eip", "uint64"),
    register("env.eflags", "uint64"),
    register("env.hflags", "uint32"),
    register("env.fpuc", "uint16"),
    register("env.fpus_vmstate", "uint16"),
    register("env.fptag_vmstate", "uint16"),
    register("env.fpregs_format_vmstate", "uint16"),
    structsField("env.fpregs", FPU_REGISTER, FPU_REGISTERS, ({ fpu }, index) => {
      return fpu.subarray(index * FPU_BYTES, (index + 1) * FPU_BYTES);
    }),
    records("env.segs", "segment", SEGMENT, 6),
    record("env.ldt", "segment", SEGMENT),
    record("env.tr", "segment", SEGMENT),
    record("env.gdt", "segment", SEGMENT),
    record("env.idt", "segment", SEGMENT),
    register("env.sysenter_cs", "uint32"),
    register("env.sysenter_esp", "uint64"),
    register("env.sysenter_eip", "uint64"),
    register("env.cr[0]", "uint64"),
    register("env.cr[2]", "uint64"),
    register("env.cr[3]", "uint64"),
    register("env.cr[4]", "uint64"),
    register("env.dr", "uint64", 8),
    register("env.a20_mask", "int32"),
    register("env.mxcsr", "uint32"),
    records("env.xmm_regs[0]", "xmm_reg", LOW, 16),
    register("env.efer", "uint64"),
    register("env.star", "uint64"),
    register("env.lstar", "uint64"),
    register("env.cstar", "uint64"),
    register("env.fmask", "uint64"),
    register("env.kernelgsbase", "uint64"),
    register("env.smbase", "uint32"),
    register("env.pat", "uint64"),
    register("env.hflags2", "uint32"),
    register("env.vm_hsave", "uint64"),
    register("env.vm_vmcb", "uint64"),
    register("env.tsc_offset", "uint64"),
    register("env.intercept", "uint64"),
    register("env.intercept_cr_read", "uint16"),
    register("env.intercept_cr_write", "uint16"),
    register("env.intercept_dr_read", "uint16"),
    register("env.intercept_dr_write", "uint16"),
    register("env.intercept_exceptions", "uint32"),
    register("env.v_tpr", "uint8"),
    register("env.mtrr_fixed", "uint64", 11),
    register("env.mtrr_deftype", "uint64"),
    records(
      "env.mtrr_var",
      "mtrr_var",
      [
        ["base", "uint64"],
        ["mask", "uint64"],
      ],
      8,
    ),
    register("env.interrupt_injected", "int32"),
    register("env.mp_state", "uint32"),
    register("env.tsc", "uint64"),
    register("env.exception_nr", "int32"),
    register("env.soft_interrupt", "uint8"),
    register("env.nmi_injected", "uint8"),
    register("env.nmi_pending", "uint8"),
    register("env.has_error_code", "uint8"),
    register("env.sipi_vector", "uint32"),
    register("env.mcg_cap", "uint64"),
    register("env.mcg_status", "uint64"),
    register("env.mcg_ctl", "uint64"),
    register("env.mce_banks", "uint64", 40),
    register("env.tsc_aux", "uint64"),
    register("env.system_time_msr", "uint64"),
    register("env.wall_clock_msr", "uint64"),
    register("env.xcr0", "uint64"),
    register("env.xstate_bv", "uint64"),
    records("env.xmm_regs[1]", "ymmh_reg", HIGH, 16),
  ],
  subsections: [
    {
      name: "cpu/poll_control_msr",
      version: 1,
      isNeeded: (state) => valueOf(state, "env.poll_control_msr") !== 1n,
      fields: [register("env.poll_control_msr", "uint64")],
    },
    ...OCCASIONAL.map(([name, fields]) => occasional(name, fields)),
  ],
  afterLoad(state) {
    const isAtStart = valueOf(state, "env.eip") === RESET_IP && valueOf(state, "env.segs.1.base") === RESET_BASE;
    state.position = isAtStart ? "start" : "inside";
  },
};
