// SMART: ATA/ATAPI-6 (T13/1410D) §8.55. Attributes and times are the peer's.

/** Id, flags (2), value, worst, raw (6), threshold. */
const ATTRIBUTES: readonly (readonly number[])[] = [
  [0x01, 0x03, 0x00, 0x64, 0x64, 0, 0, 0, 0, 0, 0, 0x06],
  [0x03, 0x03, 0x00, 0x64, 0x64, 0x10, 0, 0, 0, 0, 0, 0x00],
  [0x04, 0x02, 0x00, 0x64, 0x64, 0x64, 0, 0, 0, 0, 0, 0x14],
  [0x05, 0x03, 0x00, 0x64, 0x64, 0, 0, 0, 0, 0, 0, 0x24],
  [0x09, 0x03, 0x00, 0x64, 0x64, 0x01, 0, 0, 0, 0, 0, 0x00],
  [0x0c, 0x03, 0x00, 0x64, 0x64, 0, 0, 0, 0, 0, 0, 0x00],
  [190, 0x03, 0x00, 0x45, 0x45, 0x1f, 0x00, 0x1f, 0x1f, 0, 0, 0x32],
];
const ATTRIBUTE_LENGTH = 12;
const PASSED = { low: 0x4f, high: 0xc2 } as const;
const TESTS = { count: 21, length: 24, first: 2 } as const;

const FEATURE = {
  readData: 0xd0,
  readThresholds: 0xd1,
  autosave: 0xd2,
  execute: 0xd4,
  readLog: 0xd5,
  enable: 0xd8,
  disable: 0xd9,
  status: 0xda,
} as const;

/** What a SMART command comes to: data for the host, registers, or nothing; undefined is an abort. */
export type SmartReply = { readonly data: Uint8Array } | { readonly passed: typeof PASSED } | Record<string, never>;

export class Smart {
  #enabled = true;
  #autosave = true;
  #tests = 0;
  readonly #log = new Uint8Array(512);

  execute(feature: number, sector: number, cylinderLow: number, cylinderHigh: number): SmartReply | undefined {
    if (cylinderHigh !== PASSED.high || cylinderLow !== PASSED.low) return undefined;
    if (!this.#enabled && feature !== FEATURE.enable) return undefined;
    switch (feature) {
      case FEATURE.enable:
      case FEATURE.disable:
        this.#enabled = feature === FEATURE.enable;
        return {};
      case FEATURE.autosave:
        if (sector !== 0x00 && sector !== 0xf1) return undefined;
        this.#autosave = sector === 0xf1;
        return {};
      case FEATURE.status:
        return { passed: PASSED };
      case FEATURE.readThresholds:
        return { data: this.#thresholds() };
      case FEATURE.readData:
        return { data: this.#data() };
      case FEATURE.readLog:
        return sector === 0x01 || sector === 0x06 ? { data: this.#readLog(sector) } : undefined;
      case FEATURE.execute:
        return this.#test(sector);
      default:
        return undefined;
    }
  }

  #thresholds(): Uint8Array {
    const data = new Uint8Array(512);
    data[0] = 1;
    for (const [index, attribute] of ATTRIBUTES.entries()) {
      data[2 + index * ATTRIBUTE_LENGTH] = attribute[0] ?? 0;
      data[3 + index * ATTRIBUTE_LENGTH] = attribute[11] ?? 0;
    }
    return checksummed(data);
  }

  #data(): Uint8Array {
    const data = new Uint8Array(512);
    data[0] = 1;
    for (const [index, attribute] of ATTRIBUTES.entries()) {
      data.set(attribute.slice(0, 11), 2 + index * ATTRIBUTE_LENGTH);
    }
    data[362] = 0x02 | (this.#autosave ? 0x80 : 0);
    data[363] = this.#tests === 0 ? 0 : (this.#log[3 + (this.#tests - 1) * TESTS.length] ?? 0);
    // Times, capabilities, and minutes to wait for each kind of test.
    for (const [at, value] of [
      [364, 0x20],
      [365, 0x01],
      [367, 0x19],
      [368, 0x03],
      [370, 0x01],
      [372, 0x02],
      [373, 0x36],
      [374, 0x01],
    ] as const) {
      data[at] = value;
    }
    return checksummed(data);
  }

  #readLog(page: number): Uint8Array {
    const data = new Uint8Array(512);
    data[0] = 1;
    if (page === 0x06 && this.#tests > 0) {
      data[508] = this.#tests;
      data.set(this.#log.subarray(2, 506), 2);
    }
    return checksummed(data);
  }

  /** Tests end at once, and well. */
  #test(kind: number): SmartReply | undefined {
    if (kind > 2) return undefined;
    this.#tests = this.#tests >= TESTS.count ? 1 : this.#tests + 1;
    this.#log.set([kind, 0x00, 0x34, 0x12], TESTS.first + (this.#tests - 1) * TESTS.length);
    return {};
  }
}

function checksummed(data: Uint8Array): Uint8Array {
  const sum = data.subarray(0, 511).reduce((total, byte) => total + byte, 0);
  data[511] = (0x100 - (sum & 0xff)) & 0xff;
  return data;
}
