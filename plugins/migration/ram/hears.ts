import type { SubscriberManifest } from "backplane";

/** Where the notifier of outgoing RAM migration stands. It acts only while a migration runs, on blocks that it carries. */
export const hears: SubscriberManifest = {
  name: "migration/ram",
  blocks: {
    added: {
      ignores: "a new block is not migratable yet; when it becomes so, that is told by itself",
    },
    resized: {
      does: "aborts the migration: the stream has announced the old length",
      needs: ["idstr", "migratable"],
      fails: "it cannot: the abort is noted, and the block is resized",
      untold: "a migration completes whose stream has the block in its old length: what it grew by is lost",
    },
    idstr: {
      does: "aborts the migration: pages are addressed by the name that the stream has announced",
      needs: ["idstr", "migratable"],
      fails: "it cannot: the abort is noted, and the block keeps its new name",
      untold: "pages go out under a name that the stream never announced, and the destination refuses them",
    },
    migratable: {
      does: "aborts the migration: the set of blocks is fixed once it is announced",
      needs: ["idstr", "migratable"],
      fails: "it cannot: the abort is noted, and the block stays in or out",
      untold: "a migration completes without the block's contents, or with a block that the destination need not have",
    },
    removed: {
      does: "aborts the migration and forgets what was still to be sent of the block",
      needs: ["idstr", "migratable"],
      fails: "it cannot: the abort is noted, and the block goes",
      untold: "the block's memory is read after it has gone",
    },
  },
};
