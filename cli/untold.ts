import {
  suggest,
  type HostMapping,
  type MachineDefinition,
  type MachineType,
  type NoticePosition,
  type PluginManifest,
  type RAMBlock,
  type SubscriberManifest,
  type Untold,
} from "backplane";
import { cliErrors } from "./errors.ts";
import { UNTOLD_KINDS } from "./untold-help.ts";

/** What the plugins of a machine say of the notifiers that they register. Those that it only offers count when it has them. */
export async function subscriberManifests(
  { plugins, offers = [] }: MachineType,
  definition: MachineDefinition,
  others: readonly PluginManifest[],
): Promise<readonly SubscriberManifest[]> {
  const offered = offers.filter(({ id }) => definition.options[id] !== undefined);
  const loaded = await Promise.all(offered.map((offer) => offer.load()));
  return [...plugins, ...loaded, ...others].flatMap(({ hears = [] }) => hears);
}

/** The position of a subscriber on a kind; undefined where its manifest says nothing of host mappings. */
export function positionOn(
  manifest: SubscriberManifest,
  kind: Untold["kind"],
): NoticePosition<RAMBlock> | NoticePosition<HostMapping> | undefined {
  if (kind === "mapping-added") return manifest.hostMappings?.added;
  if (kind === "mapping-removed") return manifest.hostMappings?.removed;
  return manifest.blocks[kind];
}

/** What is not told, with what is said to break without it. */
export interface UntoldErrand extends Untold {
  readonly breaks: string;
}

export function describeUntold(
  untold: readonly Untold[],
  manifests: readonly SubscriberManifest[],
): readonly UntoldErrand[] {
  return untold.map(({ subscriber, kind }) => {
    const manifest = manifests.find(({ name }) => name === subscriber);
    const position = manifest === undefined ? undefined : positionOn(manifest, kind);
    return { subscriber, kind, breaks: position !== undefined && "untold" in position ? position.untold : "" };
  });
}

/** Reads `SUBSCRIBER:KIND`. Throws when there is no such subscriber or kind, or when the one does not hear the other. */
export function readUntold(text: string, manifests: readonly SubscriberManifest[]): Untold {
  const colon = text.lastIndexOf(":");
  if (colon <= 0) throw cliErrors.UNTOLD_SHAPE(text);
  const [subscriber, word] = [text.slice(0, colon), text.slice(colon + 1)];
  const kind = UNTOLD_KINDS.find((known) => known === word);
  if (kind === undefined) throw cliErrors.UNTOLD_KIND(word).advise(suggest(word, UNTOLD_KINDS));
  const manifest = manifests.find(({ name }) => name === subscriber);
  if (manifest === undefined) {
    const names = [...new Set(manifests.map(({ name }) => name))];
    throw cliErrors.UNTOLD_SUBSCRIBER(subscriber).advise(suggest(subscriber, names));
  }
  const position = positionOn(manifest, kind);
  if (position === undefined || "ignores" in position) {
    const heard = UNTOLD_KINDS.filter((other) => {
      const stance = positionOn(manifest, other);
      return stance !== undefined && "does" in stance;
    });
    const why = position === undefined ? "host mappings are nothing to it" : position.ignores;
    throw cliErrors.UNTOLD_IGNORED(subscriber, kind, why).advise(`it hears: ${heard.join(", ")}`);
  }
  return { subscriber, kind };
}
