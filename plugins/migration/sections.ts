import { disposable, type Disposable } from "backplane";
import type { DeviceSection, LiveSection, MigrationSections, UnmigratableSection } from "./contract.ts";

type AnySection = DeviceSection | LiveSection | UnmigratableSection;

/** A section with what stands at its beginning in the stream. */
export interface Numbered<T> {
  readonly id: number;
  readonly idstr: string;
  readonly instanceId: number;
  readonly version: number;
  readonly section: T;
}

/**
 * Numbers of the sections that the peer registers before all others. The dirty bitmaps of block devices have theirs
 * even in machines where that section is always silent.
 */
const RESERVED = ["timer", "ram", "dirty-bitmap"];

/** Numbers sections as they come and keeps them in the order of the stream. */
export class SectionRegistry implements MigrationSections {
  readonly #entries: Numbered<AnySection>[] = [];
  #next = RESERVED.length;

  add<S>(section: DeviceSection<S> | LiveSection | UnmigratableSection): Disposable {
    const { idstr, version, instanceId = this.#nextInstance(idstr), priority = 0 } = section;
    const reserved = RESERVED.indexOf(idstr);
    const id = reserved >= 0 ? reserved : this.#next++;
    // The state belongs to its description, whatever its type is.
    const entry = { id, idstr, instanceId, version, section: section as AnySection };
    const before = this.#entries.findIndex((other) => (other.section.priority ?? 0) < priority);
    this.#entries.splice(before < 0 ? this.#entries.length : before, 0, entry);
    return disposable(() => {
      const at = this.#entries.indexOf(entry);
      if (at >= 0) this.#entries.splice(at, 1);
    });
  }

  /** Those that take part in rounds, unless they are silent now. */
  live(): Numbered<LiveSection>[] {
    return this.#entries.filter(isLive).filter(({ section }) => section.isActive?.() !== false);
  }

  devices(): Numbered<DeviceSection>[] {
    return this.#entries.filter(isDevice);
  }

  unmigratable(): string[] {
    return this.#entries.filter(({ section }) => section.kind === "unmigratable").map(({ idstr }) => idstr);
  }

  #nextInstance(idstr: string): number {
    const same = this.#entries.filter((entry) => entry.idstr === idstr);
    return same.length === 0 ? 0 : Math.max(...same.map((entry) => entry.instanceId)) + 1;
  }
}

function isLive(entry: Numbered<AnySection>): entry is Numbered<LiveSection> {
  return entry.section.kind === "live";
}

function isDevice(entry: Numbered<AnySection>): entry is Numbered<DeviceSection> {
  return entry.section.kind === "device";
}
