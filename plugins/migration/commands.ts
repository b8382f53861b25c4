import { disposable, q, type Commands, type Disposable } from "backplane";
import { parseUri } from "./address.ts";
import { CAPABILITIES, type MigrationCapabilities } from "./capabilities.ts";
import { CHANNELS_SCHEMA, mainAddress, onlyAddress } from "./channels.ts";
import type { MigrationAddress } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import type { Incoming } from "./incoming.ts";
import type { OutgoingMigration } from "./outgoing.ts";
import { PARAMETERS_SCHEMA, type MigrationParameters } from "./parameters.ts";
import { CAPABILITY_STATUSES, MIGRATION_INFO, MIGRATION_PARAMETERS, STATUS } from "./results.ts";

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

function sourceOf({ uri, channels }: Destination): MigrationAddress {
  if ((uri === undefined) === (channels === undefined)) throw migrationErrors.DESTINATION_MISSING();
  return uri === undefined ? onlyAddress(channels ?? []) : parseUri(uri);
}

/** The monitor's commands for migration. */
export function addMigrationCommands(
  commands: Commands,
  migration: OutgoingMigration,
  incoming: Incoming,
  capabilities: MigrationCapabilities,
  parameters: MigrationParameters,
): Disposable {
  const added = [
    commands.add({
      name: "migrate",
      summary: "Begins an outgoing migration in the background",
      // `detach` is what happens anyway.
      arguments: q.struct("q_obj_migrate-arg", { ...destination, "detach?": q.bool, "resume?": q.bool }),
      result: q.none,
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
      result: MIGRATION_INFO,
      run: () => migration.describe(),
    }),
    commands.add({
      name: "query-migrationthreads",
      summary: "The threads of the running migration; it has none of its own",
      arguments: q.none,
      result: q.array(q.struct("MigrationThreadInfo", { name: q.str, "thread-id": q.int })),
      deprecated: true,
      run: () => [],
    }),
    commands.add({
      name: "migrate_cancel",
      summary: "Asks the running migration to end; nothing when none runs",
      arguments: q.none,
      result: q.none,
      run: () => migration.cancel(),
    }),
    commands.add({
      name: "migrate-continue",
      summary: "Goes on from pre-switchover",
      arguments: q.struct("q_obj_migrate-continue-arg", { state: STATUS }),
      result: q.none,
      run: ({ state }) => migration.continue(state),
    }),
    commands.add({
      name: "migrate-set-capabilities",
      summary: "Switches migration capabilities; one that is not supported is refused",
      arguments: q.struct("q_obj_migrate-set-capabilities-arg", {
        capabilities: CAPABILITY_STATUSES,
      }),
      result: q.none,
      run({ capabilities: changes }) {
        if (migration.isRunning) throw migrationErrors.MIGRATION_RUNNING();
        capabilities.set(changes);
      },
    }),
    commands.add({
      name: "query-migrate-capabilities",
      summary: "All migration capabilities and whether they are on",
      arguments: q.none,
      result: CAPABILITY_STATUSES,
      run: () => CAPABILITIES.map((capability) => ({ state: capabilities.has(capability), capability })),
    }),
    commands.add({
      name: "migrate-set-parameters",
      summary: "Changes migration parameters, also of the running migration",
      arguments: PARAMETERS_SCHEMA,
      result: q.none,
      run: (changes) => parameters.set(changes),
    }),
    commands.add({
      name: "query-migrate-parameters",
      summary: "All migration parameters",
      arguments: q.none,
      result: MIGRATION_PARAMETERS,
      run: () => parameters.toJson(),
    }),
    commands.add({
      name: "migrate-start-postcopy",
      summary: "Refused: postcopy is not supported",
      arguments: q.none,
      result: q.none,
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
      result: q.none,
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
      result: q.none,
      oob: true,
      run() {
        throw migrationErrors.POSTCOPY_ONLY("Migrate recover can only be run when postcopy is paused.");
      },
    }),
    commands.add({
      name: "migrate-incoming",
      summary: "Says where the migration comes from that `-incoming defer` waits for",
      arguments: q.struct("q_obj_migrate-incoming-arg", { ...destination, "exit-on-error?": q.bool }),
      result: q.none,
      async run({ "exit-on-error": exitOnError = true, ...given }) {
        incoming.requireWaiting();
        await incoming.start({ address: sourceOf(given), exitOnError, byMonitor: true });
      },
    }),
  ];
  return disposable(() => {
    for (const command of added) void command.dispose();
  });
}
