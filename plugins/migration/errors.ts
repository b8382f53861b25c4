import { defineErrors } from "backplane";

export const migrationErrors = defineErrors({
  MIGRATION_RUNNING: {
    text: () => "There's a migration process in progress",
    help: "A migration was started, or its capabilities changed, while one runs. Wait for its end or use migrate_cancel.",
  },
  MIGRATION_RUN_STATE: {
    text: (reason: string) => reason,
    help: "The machine's run state does not allow a migration: it waits for an incoming one, or has been migrated away.",
  },
  MIGRATION_BLOCKED: {
    text: (reason: string) => reason,
    help: "A device or a plugin of this machine cannot be migrated. query-migrate lists all reasons.",
  },
  DESTINATION_MISSING: {
    text: () => "need either 'uri' or 'channels' argument",
    help: "migrate and migrate-incoming take exactly one of `uri` and `channels`.",
  },
  CHANNEL_DOUBLED: {
    text: (type: string) => `Channel list has more than one ${type} entry`,
    help: "The channels of a migration are of different types.",
  },
  CHANNEL_MAIN_MISSING: {
    text: () => "Channel list has no main entry",
    help: "A migration needs a main channel.",
  },
  URI_UNKNOWN: {
    text: (uri: string) => `unknown migration protocol: ${uri}`,
    help: "The URI of a migration begins with exec:, file:, unix:, tcp:, vsock:, fd: or rdma:.",
  },
  URI_MALFORMED: {
    text: (text: string) => text,
    help: "What follows the protocol in a migration's URI cannot be read; the message quotes it.",
  },
  FILE_OFFSET: {
    text: (offset: string, reason: string) => `file URI has bad offset ${offset}: ${reason}`,
    help: "`file:PATH,offset=SIZE` takes a size with an optional suffix.",
  },
  TRANSPORT_FAILED: {
    text: (text: string) => text,
    help: "The transport of a migration could not be opened, or broke. The guest goes on; query-migrate says `failed`.",
  },
  CAPABILITY_CONFLICT: {
    text: (text: string) => text,
    help: "Capabilities of a migration exclude or need each other.",
  },
  CAPABILITY_UNSUPPORTED: {
    text: (name: string) => `capability '${name}' is not supported`,
    help: "The peer has this migration capability, Backplane does not have it yet. It is refused rather than ignored.",
  },
  MIGRATION_PARAMETER_RANGE: {
    text: (name: string, expected: string) => `Parameter '${name}' expects ${expected}`,
    help: "A migration parameter is out of its range.",
  },
  PARAMETER_UNSUPPORTED: {
    text: (name: string, value: string) => `migration parameter '${name}' does not support '${value}'`,
    help: "The peer accepts this value of a migration parameter, Backplane does not do what it asks for. It is refused rather than ignored.",
  },
  VCPU_DIRTY_LIMIT: {
    text: () => "Parameter 'vcpu_dirty_limit' must be greater than 1 MB/s",
    help: "The dirty limit of a virtual CPU must be at least 1 MB/s.",
  },
  RESUME_NOT_PAUSED: {
    text: () => "Cannot resume if there is no paused migration",
    help: "`resume` continues a postcopy migration that was paused; Backplane's migrations are precopy.",
  },
  NOT_IN_STATE: {
    text: (state: string) => `Migration not in expected state: ${state}`,
    help: "migrate-continue was given a state in which the migration is not.",
  },
  POSTCOPY_ONLY: {
    text: (text: string) => text,
    help: "The command belongs to postcopy migration, which is not enabled.",
  },
  CHANNEL_ONLY_MAIN: {
    text: () => "Channel list must have only one entry, for type 'main'",
    help: "An incoming migration has one channel.",
  },
  CHANNEL_TYPE: {
    text: (type: string) => `Parameter 'channel-type' does not accept value '${type}'`,
    help: "-incoming takes `defer`, a URI, or a channel whose type is main.",
  },
  CHANNEL_MEMBER_MISSING: {
    text: (member: string) => `Parameter '${member}' is missing`,
    help: "A channel of -incoming lacks a member.",
  },
  CHANNEL_JSON: {
    text: (reason: string) => reason,
    help: "A channel of -incoming that begins like JSON is none.",
  },
  CHANNEL_PAIR: {
    text: (pair: string) => `Expected '=' after parameter '${pair}'`,
    help: "A channel of -incoming is written as pairs of key and value.",
  },
  INCOMING_CHANNEL_CPR: {
    text: () => "channel type 'cpr' is not supported",
    help: "The peer hands file descriptors over through a channel of its own when it is restarted in place; Backplane does not.",
  },
  INCOMING_OPEN: {
    text: (text: string) => text,
    help: "The place that an incoming migration should come from cannot be opened.",
  },
  INCOMING_STARTED: {
    text: () => "The incoming migration has already been started",
    help: "A machine is given one migration.",
  },
  GLOBAL_RUN_STATE: {
    text: (state: string) => `invalid parameter value: ${state}`,
    help: "A migration stream says that its guest was in a run state that does not exist.",
  },
  INCOMING_NOT_ASKED: {
    text: () => "'-incoming' was not specified on the command line",
    help: "Only a machine that was started to wait for a migration can be given one.",
  },
  STATUS_TRANSITION: {
    text: (from: string, to: string) => `invalid migration state transition: '${from}' -> '${to}'`,
    help: "A defect of the migration plugin: its states changed in an order that they do not have.",
  },
  STREAM_SHORT: {
    text: (offset: number, wanted: number, rest: number) =>
      `offset ${offset}: the stream ends: ${wanted} bytes wanted, ${rest} are left`,
    help: "A migration stream was cut off.",
  },
  STREAM_MALFORMED: {
    text: (offset: number, what: string) => `offset ${offset}: ${what}`,
    help: "A migration stream is not what it should be at that offset.",
  },
});
