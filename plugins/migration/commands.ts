import { disposable, q, type Commands, type Disposable } from "backplane";
import { parseUri } from "./address.ts";
import { CAPABILITIES, type MigrationCapabilities } from "./capabilities.ts";
import { CHANNELS_SCHEMA, mainAddress } from "./channels.ts";
import type { MigrationAddress } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import type { OutgoingMigration } from "./outgoing.ts";
import { PARAMETERS_SCHEMA, type MigrationParameters } from "./parameters.ts";

const STATUSES = [
  "none",
  "setup",
  "cancelling",
  "cancelled",
  "active",
  "postcopy-active",
  "postcopy-paused",
  "postcopy-recover-setup",
  "postcopy-recover",
  "completed",
  "failed",
  "colo",
  "pre-switchover",
  "device",
  "wait-unplug",
] as const;

const destination = { "uri?": q.str, "channels?": CHANNELS_SCHEMA };

interface Destination {
  readonly uri?: string;
  readonly channels?: Parameters<typeof mainAddress>[0];
}

function addressOf({ uri, channels = [] }: Destination): MigrationAddress {
  // An empty list counts as none.
  if ((uri === undefined) === (channels.length === 0)) throw migrationErrors.DESTINATION_MISSING();
  return uri === undefined ? mainAddress(channels) : parseUri(uri);
}

/** The monitor's commands for migration. */
export function addMigrationCommands(
  commands: Commands,
  migration: OutgoingMigration,
  capabilities: MigrationCapabilities,
  parameters: MigrationParameters,
): Disposable {
  const added = [
    commands.add({
      name: "migrate",
      summary: "Begins an outgoing migration in the background",
      // `detach` is what happens anyway.
      arguments: q.struct("q_obj_migrate-arg", { ...destination, "detach?": q.bool, "resume?": q.bool }),
      async run({ resume, ...given }) {
        const address = addressOf(given);
        if (resume === true) throw migrationErrors.RESUME_NOT_PAUSED();
        await migration.start(address);
      },
    }),
    commands.add({
      name: "query-migrate",
      summary: "The state of the latest migration, its figures and what blocks one",
      arguments: q.none,
      run: () => migration.describe(),
    }),
    commands.add({
      name: "migrate_cancel",
      summary: "Asks the running migration to end; nothing when none runs",
      arguments: q.none,
      run: () => migration.cancel(),
    }),
    commands.add({
      name: "migrate-continue",
      summary: "Goes on from pre-switchover",
      arguments: q.struct("q_obj_migrate-continue-arg", { state: q.enum("MigrationStatus", STATUSES) }),
      run: ({ state }) => migration.continue(state),
    }),
    commands.add({
      name: "migrate-set-capabilities",
      summary: "Switches migration capabilities; one that is not supported is refused",
      arguments: q.struct("q_obj_migrate-set-capabilities-arg", {
        capabilities: q.array(
          q.struct("MigrationCapabilityStatus", {
            capability: q.enum("MigrationCapability", CAPABILITIES),
            state: q.bool,
          }),
        ),
      }),
      run({ capabilities: changes }) {
        if (migration.isRunning) throw migrationErrors.MIGRATION_RUNNING();
        capabilities.set(changes);
      },
    }),
    commands.add({
      name: "query-migrate-capabilities",
      summary: "All migration capabilities and whether they are on",
      arguments: q.none,
      run: () => CAPABILITIES.map((capability) => ({ state: capabilities.has(capability), capability })),
    }),
    commands.add({
      name: "migrate-set-parameters",
      summary: "Changes migration parameters, also of the running migration",
      arguments: PARAMETERS_SCHEMA,
      run: (changes) => parameters.set(changes),
    }),
    commands.add({
      name: "query-migrate-parameters",
      summary: "All migration parameters",
      arguments: q.none,
      run: () => parameters.toJson(),
    }),
    commands.add({
      name: "migrate-start-postcopy",
      summary: "Refused: postcopy is not supported",
      arguments: q.none,
      run() {
        throw migrationErrors.POSTCOPY_ONLY(
          "Enable postcopy with migrate_set_capability before the start of migration",
        );
      },
    }),
    commands.add({
      name: "migrate-pause",
      summary: "Refused: only a postcopy migration can be paused",
      arguments: q.none,
      oob: true,
      run() {
        throw migrationErrors.POSTCOPY_ONLY(
          "migrate-pause is currently only supported during postcopy-active or postcopy-recover state",
        );
      },
    }),
    commands.add({
      name: "migrate-recover",
      summary: "Refused: only a paused postcopy migration can be recovered",
      arguments: q.struct("q_obj_migrate-recover-arg", { uri: q.str }),
      oob: true,
      run() {
        throw migrationErrors.POSTCOPY_ONLY("Migrate recover can only be run when postcopy is paused.");
      },
    }),
    commands.add({
      name: "migrate-incoming",
      summary: "Refused: machines that wait for a migration are not supported yet",
      arguments: q.struct("q_obj_migrate-incoming-arg", { ...destination, "exit-on-error?": q.bool }),
      run() {
        throw migrationErrors.INCOMING_NOT_ASKED();
      },
    }),
  ];
  return disposable(() => {
    for (const command of added) void command.dispose();
  });
}
