import {
  HOST_MAPPING_NOTIFIERS,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  type Machine,
  type MachineType,
  type RAMBlock,
  type RAMBlockNotification,
  type SubscriberManifest,
  type Untold,
} from "backplane";
import { ramBlockRows, type RAMBlockRow } from "../run/ram-block-rows.ts";
import type { Built } from "../run/run.ts";
import { describeUntold, type UntoldErrand } from "../untold.ts";

/** A subscriber that is registered: what it says, and what it has been told of. */
export interface SubscriberEntry {
  readonly name: string;
  /** The kinds that it has methods for. */
  readonly hears: readonly string[];
  /** The kinds among them that it is not told of. */
  readonly untold: readonly Untold["kind"][];
  /** As its plugin's manifest has them; absent where the manifest says nothing. */
  readonly positions?: SubscriberManifest["blocks"] | NonNullable<SubscriberManifest["hostMappings"]>;
  /** The blocks, or the host mappings, that it knows. */
  readonly knows: readonly string[];
}

/** Who hears of a machine's memory, as data: what `--json` prints and what the text is made of. */
export interface RegistryReport {
  readonly definition: string;
  readonly description: string | undefined;
  readonly machine: { readonly type: string; readonly memory: number };
  readonly policy: { readonly name: string; readonly tells: readonly RAMBlockNotification[] };
  readonly untold: readonly UntoldErrand[];
  /** In the order in which they are told. */
  readonly subscribers: readonly SubscriberEntry[];
  readonly mappingSubscribers: readonly SubscriberEntry[];
  /** Subscribers that the machine's plugins, or those that its type offers, could register, and when they do. */
  readonly absent: readonly { readonly name: string; readonly when: string }[];
  readonly ramBlocks: readonly RAMBlockRow[];
  readonly hostMappings: readonly { readonly owner: string; readonly address: number; readonly length: number }[];
}

export async function registryReport({ read, machine, manifests, untold }: Built): Promise<RegistryReport> {
  const blocks = machine.service(RAM_BLOCK_NOTIFIERS);
  const mappings = machine.service(HOST_MAPPING_NOTIFIERS);
  const manifestOf = (name: string): SubscriberManifest | undefined =>
    manifests.find((manifest) => manifest.name === name);
  const missed = (name: string, isOfMappings: boolean): Untold["kind"][] =>
    untold
      .filter(({ subscriber, kind }) => subscriber === name && kind.startsWith("mapping-") === isOfMappings)
      .map(({ kind }) => kind);
  const subscribers = blocks.subscriptions().map(({ name, hears, knows }) => {
    const positions = manifestOf(name)?.blocks;
    return {
      name,
      hears,
      untold: missed(name, false),
      ...(positions === undefined ? {} : { positions }),
      knows: knows.map(blockName),
    };
  });
  const mappingSubscribers = mappings.subscriptions().map(({ name, hears, knows }) => {
    const positions = manifestOf(name)?.hostMappings;
    return {
      name,
      hears,
      untold: missed(name, true),
      ...(positions === undefined ? {} : { positions }),
      knows: knows.map(mappingName),
    };
  });
  return {
    definition: read.file,
    description: read.description,
    machine: { type: machine.type.name, memory: machine.definition.memory.size },
    policy: { name: blocks.policy.name, tells: blocks.policy.tells },
    untold: describeUntold(untold, manifests),
    subscribers,
    mappingSubscribers,
    absent: [...absentSubscribers(machine, manifests), ...(await offeredSubscribers(machine))],
    ramBlocks: ramBlockRows(machine.service(RAM_LIST).blocks()),
    hostMappings: mappings
      .mappings()
      .map(({ owner, hostAddress, length }) => ({ owner, address: hostAddress, length })),
  };
}

function absentSubscribers(machine: Machine, manifests: readonly SubscriberManifest[]): RegistryReport["absent"] {
  const present = new Set(machine.service(RAM_BLOCK_NOTIFIERS).subscribers());
  return manifests
    .filter(({ name }) => !present.has(name))
    .map(({ name, when = "when its plugin registers it" }) => ({ name, when: plain(when) }));
}

/** Those of plugins that the machine's type offers and its definition does not ask for. */
async function offeredSubscribers({ type, definition }: Machine): Promise<RegistryReport["absent"]> {
  const offers = (type.offers ?? []).filter(({ id }) => definition.options[id] === undefined);
  return (await Promise.all(offers.map(subscribersOf))).flat();
}

async function subscribersOf(offer: NonNullable<MachineType["offers"]>[number]): Promise<RegistryReport["absent"]> {
  const { hears = [] } = await offer.load();
  const key = `with the key ${offer.id}`;
  return hears.map(({ name, when = key }) => ({ name, when: plain(when) === key ? key : `${key}, ${plain(when)}` }));
}

/** Manifests mark code as documents do. */
const plain = (when: string): string => when.replaceAll("`", "");

/** A block's name; its region's while it has none of its own. */
export function blockName({ idstr, region }: RAMBlock): string {
  return idstr === "" ? `(${region.name})` : idstr;
}

function mappingName({ owner, hostAddress }: { readonly owner: string; readonly hostAddress: number }): string {
  return `${owner}@0x${hostAddress.toString(16)}`;
}
