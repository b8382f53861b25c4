// Register space as a guest sees it: 82574 Datasheet §10.2. Plain registers are values; those below do something.
import type { Clock, ClockTimer, VirtualTime } from "backplane";
import type { PciFunction, PciMsi, PciMsix } from "backplane/plugins/pci/contract";
import { Interrupts, VECTORS, type InterruptState } from "./interrupts.ts";
import type { Nvm } from "./nvm.ts";
import { Phy } from "./phy.ts";
import { Receiver, type ReceiverState } from "./receiver.ts";
import { isReadable, registerAt, resetRegisters, writtenValue } from "./register-map.ts";
import { ADDRESS_VALID, CAUSE, CTRL, CTRL_EXT, R, RCTL, REGISTER_COUNT, STATUS } from "./registers.ts";
import { clearsOnRead, isHighHalf } from "./statistics.ts";
import { SystemTime } from "./system-time.ts";
import { Transmitter, type QueueState } from "./transmitter.ts";

const NEGOTIATION_NS = 500_000_000;
const TARC_READABLE = 0x7800_07ff;
/** What the NVM settles in EECD and the board in GCR. */
const EECD_FIXED = 0x0000_7b00;
const GCR_FIXED = 0x0680_0000;
const SEMAPHORE = 0x1;
const STAMP_VALID = 0x1;
const WORD = 0xffff;
const SPLIT_SIZES = [0x7f, 0x3f00] as const;

export interface CardParts {
  readonly card: PciFunction;
  readonly msi: PciMsi;
  readonly msix: PciMsix;
  readonly clock: Clock;
  readonly nvm: Nvm;
  readonly address: readonly number[];
  /** To the network, or nowhere. */
  send(frame: Uint8Array): void;
  /** The card can take frames again. */
  ready(): void;
}

/** What a migration carries behind the function's own part. */
export interface CardState {
  readonly registers: Uint32Array;
  readonly nvm: Uint16Array;
  readonly phy: Uint16Array;
  readonly address: Uint8Array;
  readonly receiver: ReceiverState;
  readonly interrupts: InterruptState;
  readonly queues: readonly QueueState[];
  timeOffset: bigint;
}

export class Card {
  readonly #registers = new Uint32Array(REGISTER_COUNT);
  readonly #parts: CardParts;
  /** What a reset puts into the first receive filter; a stream brings that of the card it comes from. */
  #address: readonly number[];
  readonly #phy = new Phy(() => this.#negotiate());
  readonly #interrupts: Interrupts;
  readonly #transmitter: Transmitter;
  readonly #receiver: Receiver;
  readonly #time: SystemTime;
  readonly #negotiation: ClockTimer;

  constructor(parts: CardParts) {
    this.#parts = parts;
    this.#address = parts.address;
    const { card, msi, msix, clock } = parts;
    this.#interrupts = new Interrupts(this.#registers, card, msi, msix, clock);
    this.#receiver = new Receiver(this.#registers, card, this.#interrupts);
    this.#transmitter = new Transmitter(this.#registers, card, this.#interrupts, (frame) => this.#out(frame));
    this.#time = new SystemTime(this.#registers, clock);
    this.#negotiation = clock.timer(() => this.#negotiated());
  }

  captureState(): CardState {
    return {
      registers: this.#registers.slice(),
      nvm: this.#parts.nvm.captureState(),
      phy: this.#phy.captureState(),
      address: Uint8Array.from(this.#address),
      receiver: this.#receiver.captureState(),
      interrupts: this.#interrupts.captureState(),
      queues: this.#transmitter.captureState(),
      timeOffset: this.#time.offset,
    };
  }

  restoreState(state: CardState): void {
    this.#registers.set(state.registers);
    this.#parts.nvm.restoreState(state.nvm);
    this.#phy.restoreState(state.phy);
    this.#address = [...state.address];
    this.#receiver.restoreState(state.receiver);
    this.#interrupts.restoreState(state.interrupts);
    this.#transmitter.restoreState(state.queues);
    this.#time.offset = state.timeOffset;
    // How far the link had come is not carried.
    if (this.#phy.isNegotiating) this.#armNegotiation();
    else this.#negotiation.cancel();
  }

  /** The address that the first receive filter has now. */
  get address(): readonly number[] {
    const low = this.#get(R.RAL0);
    const high = this.#get(R.RAH0);
    return [low & 0xff, (low >>> 8) & 0xff, (low >>> 16) & 0xff, low >>> 24, high & 0xff, (high >>> 8) & 0xff];
  }

  get canReceive(): boolean {
    return this.#receiver.isReady;
  }

  receive(frame: Uint8Array): boolean {
    return this.#receiver.receive(frame);
  }

  /** `tagType`: what VET holds, which a reset by software clears. */
  powerOn(tagType: number): void {
    this.#reset([]);
    this.#registers[R.VET] = tagType;
  }

  read(offset: number): number {
    const index = registerAt(offset);
    const value = this.#get(index);
    if (clearsOnRead(index)) {
      this.#registers[index] = 0;
      if (isHighHalf(index)) this.#registers[index - 1] = 0;
      return value;
    }
    if (index >= R.EITR && index < R.EITR + VECTORS) return this.#interrupts.interval(index - R.EITR + 1);
    switch (index) {
      case R.ICR:
        return this.#interrupts.readCauses();
      case R.ITR:
        return this.#interrupts.interval(0);
      case R.STATUS:
        return this.#status();
      case R.CTRL:
      case R.ICS:
      case R.IMS:
        return value;
      case R.TARC0:
      case R.TARC1:
        return (value & TARC_READABLE) >>> 0;
      case R.SWSM:
        this.#registers[index] = value | SEMAPHORE;
        return value;
      case R.SYSTIML:
        return this.#time.read();
      case R.RXSATRH:
        this.#registers[R.TSYNCRXCTL] = this.#get(R.TSYNCRXCTL) & ~STAMP_VALID;
        return value;
      case R.TXSTMPH:
        this.#registers[R.TSYNCTXCTL] = this.#get(R.TSYNCTXCTL) & ~STAMP_VALID;
        return value;
      default:
        return isReadable(index) ? value : 0;
    }
  }

  write(offset: number, value: number): void {
    const index = registerAt(offset);
    const plain = writtenValue(index, value);
    if (plain !== undefined) {
      this.#registers[index] = plain;
      return;
    }
    if (index >= R.EITR && index < R.EITR + VECTORS) {
      this.#interrupts.setInterval(index - R.EITR + 1, index, value);
      return;
    }
    this.#writeActive(index, value);
  }

  #writeActive(index: number, value: number): void {
    const registers = this.#registers;
    switch (index) {
      case R.CTRL:
      case R.CTRL_DUP:
        return this.#writeControl(value);
      case R.STATUS:
        if ((value & STATUS.phyReset) === 0) registers[index] = this.#get(index) & ~STATUS.phyReset;
        return;
      case R.CTRL_EXT:
        registers[index] = value & ~CTRL_EXT.selfClearing;
        return;
      case R.EECD:
        registers[index] = (this.#get(index) & EECD_FIXED) | (value & ~EECD_FIXED);
        return;
      case R.GCR:
        registers[index] = (this.#get(index) & GCR_FIXED) | (value & ~GCR_FIXED);
        return;
      case R.EERD:
        return this.#parts.nvm.read(registers, value);
      case R.EEWR:
        return this.#parts.nvm.write(registers, value);
      case R.MDIC:
        if (this.#phy.command(registers, value)) this.#interrupts.cause(CAUSE.mdio);
        return;
      case R.ICR:
        return this.#interrupts.writeCauses(value);
      case R.ICS:
        return this.#interrupts.cause(value);
      case R.IMS:
        return this.#interrupts.setMask(value);
      case R.IMC:
        return this.#interrupts.clearMask(value);
      case R.ITR:
        return this.#interrupts.setInterval(0, index, value);
      case R.PBACLR:
        return this.#interrupts.clearPending(value);
      case R.RDTR:
        registers[index] = value & WORD;
        return this.#interrupts.flush(value, "receive");
      case R.TIDV:
        registers[index] = value & WORD;
        return this.#interrupts.flush(value, "transmit");
      case R.RCTL:
        registers[index] = value;
        if ((value & RCTL.enable) === 0) return;
        this.#receiver.configure();
        return this.#parts.ready();
      case R.RDT0:
      case R.RDT1:
        registers[index] = value & WORD;
        return this.#parts.ready();
      case R.PSRCTL:
        return this.#writeSplit(value);
      case R.RXDCTL:
        registers[R.RXDCTL] = value;
        registers[R.RXDCTL1] = value;
        return;
      case R.TCTL:
        registers[index] = value;
        return this.#transmitter.startAll();
      case R.TDT:
      case R.TDT1:
        registers[index] = value & WORD;
        return this.#transmitter.start(index === R.TDT ? 0 : 1);
      case R.TIMINCA:
        return this.#time.setIncrement(value);
      case R.TIMADJH:
        return this.#time.adjust(value);
      default:
    }
  }

  #writeControl(value: number): void {
    this.#registers[R.CTRL] = value & ~CTRL.reset;
    if ((value & CTRL.reset) !== 0) this.#reset([R.PBA, R.PBS, R.FLA]);
    if ((value & CTRL.phyReset) !== 0) this.#registers[R.STATUS] = this.#get(R.STATUS) | STATUS.phyReset;
  }

  /** While descriptors are split, their first two buffers cannot be none. */
  #writeSplit(value: number): void {
    const isSplit = (this.#get(R.RCTL) & RCTL.descriptorType) !== 0;
    if (isSplit && SPLIT_SIZES.some((mask) => (value & mask) === 0)) {
      this.#parts.card.device.log.warn("a buffer of PSRCTL has no size", { value });
      return;
    }
    this.#registers[R.PSRCTL] = value;
  }

  #status(): number {
    const control = this.#get(R.CTRL);
    let status = this.#get(R.STATUS);
    if ((control & CTRL.masterDisable) === 0) status |= STATUS.masterEnable;
    if ((control & CTRL.forceDuplex) === 0 || (control & CTRL.fullDuplex) !== 0) status |= STATUS.fullDuplex;
    const isForced = (control & CTRL.forceSpeed) !== 0 || (this.#get(R.CTRL_EXT) & CTRL_EXT.speedBypass) !== 0;
    const speed = control & CTRL.speed;
    if (isForced && speed === CTRL.speed10) return status;
    return status | (isForced && speed === CTRL.speed100 ? STATUS.speed100 : STATUS.speed1000);
  }

  /** What counts the guest's intervals, and the NVM, live on. */
  #reset(keep: readonly number[]): void {
    this.#negotiation.cancel();
    this.#interrupts.reset();
    this.#phy.reset();
    resetRegisters(this.#registers, keep);
    this.#receiver.reset();
    this.#transmitter.reset();
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = this.#address;
    this.#registers[R.RAL0] = a | (b << 8) | (c << 16) | (d << 24);
    this.#registers[R.RAH0] = e | (f << 8) | ADDRESS_VALID;
  }

  #out(frame: Uint8Array): void {
    const loopsBack = this.#phy.isLoopback || (this.#get(R.RCTL) & RCTL.loopback) !== 0;
    if (loopsBack) this.#receiver.receive(frame);
    else this.#parts.send(frame);
  }

  /** The link is down until it has been agreed upon again. */
  #negotiate(): void {
    this.#registers[R.STATUS] = this.#get(R.STATUS) & ~STATUS.linkUp;
    this.#phy.linkDown();
    this.#armNegotiation();
  }

  #armNegotiation(): void {
    const { clock } = this.#parts;
    this.#negotiation.arm((clock.now + NEGOTIATION_NS) as VirtualTime);
  }

  #negotiated(): void {
    this.#registers[R.STATUS] = this.#get(R.STATUS) | STATUS.linkUp;
    this.#phy.negotiated();
    this.#parts.ready();
    if (this.#phy.hasNegotiated) {
      this.#registers[R.CTRL] = this.#get(R.CTRL) | CTRL.receiveFlowControl | CTRL.transmitFlowControl;
    }
    this.#interrupts.cause(CAUSE.linkChange);
  }

  #get(index: number): number {
    return this.#registers[index] ?? 0;
  }
}
