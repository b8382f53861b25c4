// Which registers there are, what they hold after a reset, and which of their bits can be written: 82574 Datasheet §10.2.
// A register that is not readable reads as zero.
import { R, REGISTER_COUNT } from "./registers.ts";

const READABLE = 1;
const WRITABLE = 2;

/** Registers with nothing but their value; `mask` is what a write keeps. */
interface Plain {
  readonly first: number;
  readonly count?: number;
  readonly mask?: number;
}

/** Read as they are, and never written by a guest. */
const READ_ONLY: readonly Plain[] = [
  { first: R.CRCERRS, count: R.MPC - R.CRCERRS + 1 },
  ...[
    [R.TOTL, R.LATECOL, R.SEQEC, R.XONTXC, R.GORCL, R.MGTPRC, R.FLMNGCTL, R.FLMNGCNT, R.TNCRS, R.RJC, R.EEMNGDATA],
    [R.FLMNGDATA, R.ECOL, R.DC, R.RLEC, R.XOFFTXC, R.RFC, R.RNBC, R.MGTPTC, R.TORL, R.MCC, R.SCC, R.COLC, R.CEXTERR],
    [R.XOFFRXC, R.GOTCL, R.MGTPDC, R.XONRXC, R.TSCTFC],
  ]
    .flat()
    .map((first) => ({ first })),
];

const FIFO_MASK = 0x1fff;
const WORD = 0xffff;
const RING_BASE = 0xffff_fff0;
const RING_LENGTH = 0x000f_ff80;

const READ_WRITE: readonly Plain[] = [
  ...[
    [
      R.PBA,
      R.WUFC,
      R.RDBAH0,
      R.RDBAH1,
      R.TDBAH,
      R.TDBAH1,
      R.TXDCTL,
      R.TXDCTL1,
      R.LEDCTL,
      R.FCAL,
      R.FCRUC,
      R.WUC,
      R.WUS,
    ],
    [R.IPAV, R.IAM, R.EIAC, R.IVAR, R.FLSWDATA, R.POEMB, R.MFUTP01, R.MFUTP23, R.MANC, R.MANC2H, R.MFVAL],
    [R.EXTCNF_CTRL, R.EXTCNF_SIZE, R.FACTPS, R.FUNCTAG, R.GSCL_1, R.GSCL_2, R.GSCL_3, R.GSCL_4, R.GSCN_0, R.GSCN_1],
    [R.GSCN_2, R.GSCN_3, R.GCR2, R.MRQC, R.FLOP, R.FLOL, R.FLSWCTL, R.FLSWCNT, R.FLA, R.RXDCTL1, R.TIPG, R.RXSTMPH],
    [R.RXSTMPL, R.RXSATRL, R.TXSTMPL, R.SYSTIMH, R.TIMADJL, R.RXUDP, R.RXCFGL, R.TSYNCRXCTL, R.TSYNCTXCTL],
    [R.EEMNGCTL, R.RXCSUM, R.RFCTL],
  ]
    .flat()
    .map((first) => ({ first })),
  { first: R.IP6AT, count: 4 },
  { first: R.IP4AT, count: 7 },
  { first: R.RAL0, count: 32 },
  { first: R.WUPM, count: 32 },
  { first: R.MTA, count: 128 },
  { first: R.VFTA, count: 128 },
  { first: R.FFMT, count: 255, mask: 0xf },
  { first: R.FFVT, count: 255 },
  { first: R.PBM, count: 10_240 },
  { first: R.MDEF, count: 8 },
  { first: R.FFLT, count: 11, mask: 0x7ff },
  { first: R.FTFT, count: 255 },
  { first: R.RETA, count: 32 },
  { first: R.RSSRK, count: 32 },
  { first: R.MAVTV0, count: 4 },
  ...[
    R.TDH,
    R.TDH1,
    R.RDH0,
    R.RDH1,
    R.RADV,
    R.TADV,
    R.AIT,
    R.RAID,
    R.FCAH,
    R.FCT,
    R.FCTTV,
    R.FCRTV,
    R.VET,
    R.FLASHT,
  ].map((first) => ({ first, mask: WORD })),
  ...[R.TDFH, R.TDFT, R.TDFHS, R.TDFTS, R.TDFPC, R.RDFH, R.RDFHS, R.RDFT, R.RDFTS, R.RDFPC].map((first) => ({
    first,
    mask: FIFO_MASK,
  })),
  ...[R.TDLEN, R.TDLEN1, R.RDLEN0, R.RDLEN1].map((first) => ({ first, mask: RING_LENGTH })),
  ...[R.TDBAL, R.TDBAL1, R.RDBAL0, R.RDBAL1].map((first) => ({ first, mask: RING_BASE })),
  { first: R.PBS, mask: 0x3f },
  { first: R.RSRPD, mask: 0xfff },
  { first: R.FCRTH, mask: 0xfff8 },
  { first: R.FCRTL, mask: 0x8000_fff8 },
];

/** Written or read with an effect, and otherwise a value. */
const WRITE_ONLY: readonly Plain[] = [R.TARC0, R.TARC1, R.SWSM, R.SYSTIML, R.RXSATRH, R.TXSTMPH].map((first) => ({
  first,
}));
/** Written with an effect, and read as what they hold. */
const READ_BACK: readonly number[] = [
  R.RDT0,
  R.RDT1,
  R.EERD,
  R.EEWR,
  R.PSRCTL,
  R.CTRL_EXT,
  R.TCTL,
  R.TIMINCA,
  R.PBACLR,
  R.EECD,
  R.RCTL,
  R.TDT,
  R.TDT1,
  R.MDIC,
  R.RDTR,
  R.GCR,
  R.RXDCTL,
  R.TIMADJH,
];

/** What registers hold after a reset, where that is not zero. */
const INITIAL: readonly (readonly [number, number])[] = [
  [R.PBA, 0x0014_0014],
  [R.LEDCTL, 0x0006_8302],
  [R.EXTCNF_CTRL, 0x8],
  [R.EEMNGCTL, 0x8000_0000],
  [R.FLASHT, 0x2],
  [R.FLSWCTL, 0xc000_0000],
  [R.FLOL, 0x1],
  [R.RXDCTL, 0x0001_0000],
  [R.RXDCTL1, 0x0001_0000],
  [R.TIPG, 0x0060_2008],
  [R.RXCFGL, 0x88f7],
  [R.RXUDP, 0x319],
  [R.CTRL, 0x0014_0241],
  [R.STATUS, 0x202],
  [R.PSRCTL, 0x0004_0402],
  [R.TARC0, 0x403],
  [R.TARC1, 0x403],
  [R.EECD, 0x300],
  [R.EERD, 0x2],
  [R.EEWR, 0x2],
  [R.GCR, 0x0680_0200],
  [R.TDFH, 0x600],
  [R.TDFT, 0x600],
  [R.TDFHS, 0x600],
  [R.TDFTS, 0x600],
  [R.POEMB, 0x30d],
  [R.PBS, 0x28],
  [R.MANC, 0x1000_0000],
  [R.FACTPS, 0x2000_0004],
  [R.SWSM, 0x1],
  [R.RXCSUM, 0x300],
  [R.ITR, 500],
  ...[0, 1, 2, 3, 4].map((vector) => [R.EITR + vector, 500] as const),
];

/** Old offsets of registers that have moved (§10.1.1.2), in words: stretch and what it stands for. */
const ALIASES: readonly (readonly [first: number, last: number, target: number])[] = [
  [0x0040, 0x00bc, 0x5400],
  [0x0108, 0x0108, 0x2820],
  [0x0110, 0x0118, 0x2800],
  [0x0120, 0x0120, 0x2810],
  [0x0128, 0x0128, 0x2818],
  [0x0160, 0x0160, 0x2168],
  [0x0168, 0x0168, 0x2160],
  [0x0420, 0x0428, 0x3800],
  [0x0430, 0x0430, 0x3810],
  [0x0438, 0x0438, 0x3818],
  [0x0440, 0x0440, 0x3820],
  [0x0600, 0x07fc, 0x5600],
  [0x8000, 0x8000, 0x2410],
  [0x8008, 0x8008, 0x2418],
  [0x8010, 0x8010, 0x3410],
  [0x8018, 0x8018, 0x3418],
];

interface Tables {
  readonly access: Uint8Array;
  readonly masks: ReadonlyMap<number, number>;
  readonly aliases: Uint16Array;
}

let tables: Tables | undefined;

/** Made when a guest first looks: a machine whose guest has no driver never needs them. */
function registerTables(): Tables {
  if (tables !== undefined) return tables;
  const access = new Uint8Array(REGISTER_COUNT);
  const masks = new Map<number, number>();
  const aliases = new Uint16Array(REGISTER_COUNT);
  const add = ({ first, count = 1, mask }: Plain, kind: number): void => {
    for (let index = first; index < first + count; index++) {
      access[index] = kind;
      if (mask !== undefined) masks.set(index, mask);
    }
  };
  for (const plain of READ_ONLY) add(plain, READABLE);
  for (const plain of READ_WRITE) add(plain, READABLE | WRITABLE);
  for (const plain of WRITE_ONLY) add(plain, WRITABLE);
  for (const first of READ_BACK) add({ first }, READABLE);
  for (const [first, last, target] of ALIASES) {
    for (let offset = first; offset <= last; offset += 4) aliases[offset >> 2] = (target + offset - first) >> 2;
  }
  tables = { access, masks, aliases };
  return tables;
}

/** The register that an offset, of any alignment, names. */
export function registerAt(offset: number): number {
  const index = (offset & 0x1ffff) >> 2;
  const alias = registerTables().aliases[index] ?? 0;
  return alias === 0 ? index : alias;
}

export function isReadable(index: number): boolean {
  return ((registerTables().access[index] ?? 0) & READABLE) !== 0;
}

/** What a plain write leaves in the register; undefined: the guest cannot write it. */
export function writtenValue(index: number, value: number): number | undefined {
  const { access, masks } = registerTables();
  if (((access[index] ?? 0) & WRITABLE) === 0) return undefined;
  const mask = masks.get(index);
  return mask === undefined ? value : (value & mask) >>> 0;
}

/** `keep`: the registers that a software reset leaves alone. */
export function resetRegisters(registers: Uint32Array, keep: readonly number[]): void {
  const kept = keep.map((index) => [index, registers[index] ?? 0] as const);
  registers.fill(0);
  for (const [index, value] of INITIAL) registers[index] = value;
  for (const [index, value] of kept) registers[index] = value;
}
