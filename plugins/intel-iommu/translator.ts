// A function's requests for memory: VT-d specification 4.1 §3.2 to §3.9, §3.15, §6.2.
import {
  IOMMU_NONE,
  IOMMU_READ_WRITE,
  IOMMU_WRITE,
  type AccessAttributes,
  type IommuPermission,
  type IommuTranslation,
} from "backplane";
import { NO_PASID } from "./iotlb.ts";
import { PasidEntry } from "./pasid-tables.ts";
import { FAULT, type FaultReason } from "./reasons.ts";
import { ContextEntry } from "./root-context.ts";
import { type Leaf, pageSize } from "./second-level.ts";
import type { RemappingUnit } from "./unit.ts";

const PAGE = pageSize(1);
const LIMITS = Array.from({ length: 64 }, (_, bits) => 2 ** bits);

/** Pages may not lie here (§3.15). */
const MESSAGES = { first: 0xfee00000, last: 0xfeefffff } as const;

/** How a function's requests are translated at present. */
export interface Translation {
  isPassThrough: boolean;
  isFirstLevel: boolean;
  /** The top table, and how many levels there are. */
  table: number;
  levels: number;
  /** Addresses are below: a power of two. */
  limit: number;
  domain: number;
  /** Of the function's requests, which have none of their own; `NO_PASID` in legacy mode. */
  pasid: number;
}

/** Who asks: bus numbers are the firmware's, and change. */
export interface Requester {
  readonly busNumber: number;
  readonly devfn: number;
  /** Translation proved to pass everything: a chance to take the translator out of the way. */
  passesThrough(): void;
}

export class Translator {
  readonly #unit: RemappingUnit;
  readonly #requester: Requester;
  readonly #cached = new ContextEntry();
  readonly #context = new ContextEntry();
  readonly #pasid = new PasidEntry();
  /** The unit's generation when the context entry was cached. */
  #generation = 0;
  #faultsDisabled = false;
  readonly #leaf: Leaf = { address: 0, level: 1, permission: IOMMU_NONE };
  readonly #identity = { source: 0, pasid: 0, domain: 0, isFirstLevel: false };
  readonly #fault = {
    source: 0,
    address: 0,
    reason: FAULT.none as FaultReason,
    isWrite: false,
    isDisabled: false,
    pasid: 0,
    hasPasid: false,
  };
  readonly #now: Translation = {
    isPassThrough: false,
    isFirstLevel: false,
    table: 0,
    levels: 0,
    limit: 0,
    domain: 0,
    pasid: NO_PASID,
  };

  constructor(unit: RemappingUnit, requester: Requester) {
    this.#unit = unit;
    this.#requester = requester;
  }

  get source(): number {
    return (this.#requester.busNumber << 8) | this.#requester.devfn;
  }

  forgetContext(): void {
    this.#generation = 0;
  }

  translate(address: number, access: IommuPermission, _attributes: AccessAttributes, into: IommuTranslation): void {
    const unit = this.#unit;
    into.target = unit.memory;
    if (!unit.isTranslating) {
      pass(address, into);
      return;
    }
    const { source } = this;
    if (!unit.root.isScalable && unit.iotlb.lookup(source, NO_PASID, address, into)) return;
    const isWrite = (access & IOMMU_WRITE) !== 0;
    const reason = this.#recall();
    if (reason !== FAULT.none) {
      this.#block(address, isWrite, reason, 0, false, into);
      return;
    }
    const now = this.#now;
    if (now.isPassThrough) {
      pass(address, into);
      this.#requester.passesThrough();
      return;
    }
    if (unit.root.isScalable && unit.iotlb.lookup(source, now.pasid, address, into)) return;
    const failure = this.#walk(address, isWrite);
    if (failure !== FAULT.none) {
      this.#block(address, isWrite, failure, now.pasid, now.pasid !== NO_PASID, into);
      return;
    }
    const leaf = this.#leaf;
    const identity = this.#identity;
    identity.source = source;
    identity.pasid = now.pasid;
    identity.domain = now.domain;
    identity.isFirstLevel = now.isFirstLevel;
    unit.iotlb.insert(identity, address, leaf);
    into.size = pageSize(leaf.level);
    into.translated = leaf.level === 1 ? leaf.address : leaf.address - (leaf.address % into.size);
    into.permission = leaf.permission;
  }

  /** What the tables say now, past the caches and without telling of faults; undefined where they say nothing. */
  inspect(): Translation | undefined {
    return this.#look() === FAULT.none ? { ...this.#now } : undefined;
  }

  /** Why `inspect` gives nothing. */
  get trouble(): FaultReason {
    return this.#look();
  }

  /** The context entry from the cache, the PASID's entry from its table. */
  #recall(): FaultReason {
    if (this.#generation !== this.#unit.generation) return this.#find();
    this.#context.assign(this.#cached);
    this.#faultsDisabled = this.#context.faultsDisabled;
    if (!this.#unit.root.isScalable) return this.#resolve();
    const reason = this.#unit.pasids.find(this.#context.table, this.#context.requesterPasid, this.#pasid);
    // An entry that is not valid does not disable its faults.
    this.#faultsDisabled ||= reason === FAULT.none ? this.#pasid.faultsDisabled : this.#pasid.directoryDisablesFaults;
    return reason === FAULT.none ? this.#resolve() : reason;
  }

  #find(): FaultReason {
    const reason = this.#look();
    this.#faultsDisabled = this.#context.faultsDisabled;
    if (reason !== FAULT.none) return reason;
    if (this.#unit.root.isScalable) this.#faultsDisabled ||= this.#pasid.faultsDisabled;
    this.#cached.assign(this.#context);
    this.#generation = this.#unit.generation;
    return FAULT.none;
  }

  #look(): FaultReason {
    const { root, pasids } = this.#unit;
    const context = this.#context;
    const reason = root.find(this.#requester.busNumber, this.#requester.devfn, context);
    if (reason !== FAULT.none) return reason;
    if (root.isScalable) {
      const failure = pasids.find(context.table, context.requesterPasid, this.#pasid);
      if (failure !== FAULT.none) return failure;
      if (!this.#pasid.isPresent) return FAULT.pasidAbsent;
    }
    return this.#resolve();
  }

  #resolve(): FaultReason {
    const { root, configuration } = this.#unit;
    const now = this.#now;
    const context = this.#context;
    const entry = root.isScalable ? this.#pasid : context;
    now.isPassThrough = entry.isPassThrough;
    now.isFirstLevel = root.isScalable && configuration.firstLevel;
    now.domain = entry.domain;
    now.limit = LIMITS[Math.min(entry.addressWidth, configuration.addressWidth)] ?? 0;
    now.levels = now.isFirstLevel ? 4 : entry.levels;
    now.pasid = root.isScalable ? context.requesterPasid : NO_PASID;
    if (!root.isScalable) now.table = context.table;
    else now.table = now.isFirstLevel ? this.#pasid.firstTable : this.#pasid.secondTable;
    return FAULT.none;
  }

  #walk(address: number, isWrite: boolean): FaultReason {
    const { firstLevel, secondLevel, configuration } = this.#unit;
    const now = this.#now;
    const leaf = this.#leaf;
    let reason: FaultReason;
    // The upper half of canonical addresses is not reached: a requester's addresses end at 2^53.
    if (now.isFirstLevel) {
      if (address >= now.limit / 2) return FAULT.notCanonical;
      reason = firstLevel.walk(now.table, address, isWrite, leaf);
    } else {
      if (address >= now.limit) return FAULT.beyondWidth;
      reason = secondLevel.walk(now.table, now.levels, address, isWrite, leaf);
    }
    if (reason !== FAULT.none) return reason;
    const isInMessages = leaf.address <= MESSAGES.last && leaf.address + pageSize(leaf.level) - 1 >= MESSAGES.first;
    if (!isInMessages) return FAULT.none;
    return configuration.scalable ? FAULT.scalableMessageRange : FAULT.messageRange;
  }

  #block(
    address: number,
    isWrite: boolean,
    reason: FaultReason,
    pasid: number,
    hasPasid: boolean,
    into: IommuTranslation,
  ): void {
    const fault = this.#fault;
    fault.source = this.source;
    fault.address = address;
    fault.reason = reason;
    fault.isWrite = isWrite;
    fault.isDisabled = this.#faultsDisabled;
    fault.pasid = pasid;
    fault.hasPasid = hasPasid;
    this.#unit.faults.report(fault);
    into.translated = 0;
    into.size = PAGE;
    into.permission = IOMMU_NONE;
  }
}

function pass(address: number, into: IommuTranslation): void {
  into.translated = address - (address % PAGE);
  into.size = PAGE;
  into.permission = IOMMU_READ_WRITE;
}
