import { disposable, type Disposable, type StateSection } from "backplane";
import type {
  CapturedSection,
  DeviceSection,
  LiveSection,
  MigrationSection,
  MigrationSections,
  StateDescription,
  UnmigratableSection,
} from "./contract.ts";

type AnySection = MigrationSection;

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

  add<S>(section: DeviceSection<S> | CapturedSection<S> | LiveSection | UnmigratableSection): Disposable {
    const { idstr, version, instanceId = this.#nextInstance(idstr), priority = 0 } = section;
    const reserved = RESERVED.indexOf(idstr);
    const id = reserved >= 0 ? reserved : this.#next++;
    const entry = { id, idstr, instanceId, version, section: section as unknown as AnySection };
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

  /** Those whose state this stream carries. */
  devices(): Numbered<StateSection>[] {
    return this.#entries.filter(isState).filter(({ section }) => section.isNeeded?.() !== false);
  }

  /** The section that a stream means. */
  find(idstr: string, instanceId: number): Numbered<StateSection | LiveSection> | undefined {
    const found = this.#entries.find((entry) => entry.idstr === idstr && entry.instanceId === instanceId);
    return found === undefined || !(isState(found) || isLive(found)) ? undefined : found;
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

function isState(entry: Numbered<AnySection>): entry is Numbered<StateSection> {
  return entry.section.kind === "device" || entry.section.kind === "captured";
}

/** A section's description, imported where it comes late. */
export function descriptionOf({
  description,
}: StateSection): StateDescription<never> | Promise<StateDescription<never>> {
  return typeof description === "function" ? description() : description;
}
