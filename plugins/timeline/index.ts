import { CLOCK, definePlugin, HOST_MAPPING_NOTIFIERS, RAM_BLOCK_NOTIFIERS, RUN_STATES } from "backplane";
import { FIRMWARE_TRACE } from "backplane/plugins/firmware/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { TIMELINE } from "./contract.ts";
import { timelineOptions } from "./options.ts";
import { RecordedTimeline } from "./timeline.ts";

export default definePlugin({
  id: "timeline",
  apiVersion: 1,
  summary: "Records notifications, migration states, run states and firmware stages with their virtual times",
  uses: [MIGRATION, FIRMWARE_TRACE],
  provides: [TIMELINE],
  options: timelineOptions,
  attach(machine, { keep }) {
    const timeline = new RecordedTimeline(machine.use(CLOCK), keep);
    machine.provideValue(TIMELINE, timeline);
    const blocks = machine.use(RAM_BLOCK_NOTIFIERS);
    machine.own(
      blocks.observe(
        (notice) => timeline.endNotice(notice),
        (notice) => timeline.beginNotice(notice),
      ),
    );
    const mappings = machine.use(HOST_MAPPING_NOTIFIERS);
    machine.own(mappings.observe((notice) => timeline.record({ kind: "host-mapping", notice })));
    machine.own(machine.use(RUN_STATES).onChange((change) => timeline.record({ kind: "run-state", ...change })));
    const migration = machine.optional(MIGRATION);
    if (migration !== undefined) {
      machine.own(migration.onChange((change) => timeline.record({ kind: "migration", ...change })));
    }
    const firmware = machine.optional(FIRMWARE_TRACE);
    if (firmware !== undefined) {
      machine.own(firmware.observe((event) => timeline.record({ kind: "firmware", event })));
    }
  },
});
