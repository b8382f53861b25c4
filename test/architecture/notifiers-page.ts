// docs/notifiers.md is made of what plugins say of the notifiers that they register.
import {
  RAM_BLOCK_NOTIFICATIONS,
  type AnyPlugin,
  type HostMapping,
  type NoticePosition,
  type RAMBlock,
  type SubscriberManifest,
} from "backplane";
import { machineTypes } from "../../machines/index.ts";
import { NOTIFIERS_INTRODUCTION } from "./notifiers-prose.ts";
import { load, pluginIds } from "./sources.ts";

/** A manifest, and the plugin whose it is. */
export interface Subscriber {
  readonly plugin: string;
  readonly manifest: SubscriberManifest;
}

/** All subscribers of the repository, by plugin. */
export async function subscribers(): Promise<Subscriber[]> {
  const found: Subscriber[] = [];
  for (const plugin of pluginIds().toSorted()) {
    const { hears = [] } = ((await load(`plugins/${plugin}/index.ts`)) as { default: AnyPlugin }).default;
    found.push(...hears.map((manifest) => ({ plugin, manifest })));
  }
  return found;
}

type Position = NoticePosition<RAMBlock> | NoticePosition<HostMapping>;

/** A manifest's positions on blocks, then on host mappings where it hears of them, by the kind's name in `--untold`. */
export function positions({ blocks, hostMappings }: SubscriberManifest): (readonly [kind: string, Position])[] {
  return [
    ...RAM_BLOCK_NOTIFICATIONS.map((kind) => [kind, blocks[kind]] as const),
    ...(hostMappings === undefined
      ? []
      : (["added", "removed"] as const).map((kind) => [`mapping-${kind}`, hostMappings[kind]] as const)),
  ];
}

export function renderNotifiersPage(all: readonly Subscriber[]): string {
  const parts = [NOTIFIERS_INTRODUCTION, "## Who hears what\n", ...overview(all), "", ...all.flatMap(section)];
  return `${parts.join("\n").trimEnd()}\n`;
}

const KINDS = [...RAM_BLOCK_NOTIFICATIONS, "mapping-added", "mapping-removed"];

function overview(all: readonly Subscriber[]): string[] {
  const rows = all.map(({ manifest }) => {
    const own = new Map(positions(manifest));
    const marks = KINDS.map((kind) => {
      const position = own.get(kind);
      return position !== undefined && "does" in position ? "●" : "·";
    });
    return `| [\`${manifest.name}\`](#${anchor(manifest.name)}) | ${marks.join(" | ")} |`;
  });
  return [`| subscriber | ${KINDS.join(" | ")} |`, `|---|${KINDS.map(() => ":-:|").join("")}`, ...rows];
}

function section({ plugin, manifest }: Subscriber): string[] {
  const rows = positions(manifest).map(([kind, position]) =>
    "does" in position
      ? row(kind, position.does, needs(position.needs), position.fails, position.untold)
      : row(kind, `nothing: ${position.ignores}`, "", "", ""),
  );
  const isOffered = machineTypes.some(({ offers = [] }) => offers.some(({ id }) => id === plugin));
  const otherwise = isOffered
    ? `in a machine whose definition has the key \`${plugin}\``
    : "in every machine that has the plugin";
  const when = manifest.when ?? otherwise;
  return [
    `## ${manifest.name}\n`,
    `Registered by the plugin [\`${plugin}\`](../plugins/${plugin}/README.md) ${when}.\n`,
    "| told | what it does | needs | when that fails | what breaks when nobody tells it |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function needs(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

/** As GitHub makes one of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
