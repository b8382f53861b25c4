import type { SubscriberManifest } from "backplane";

/** The three files are in resizeable blocks; whoever resizes one, the guest may have learnt its size before. */
export const ACPI_FILES_HEARS: SubscriberManifest = {
  name: "acpi/fw-cfg",
  when: "with ACPI",
  blocks: {
    added: { ignores: "the blocks of the files are its own: it makes them, and no guest has heard of them yet" },
    resized: {
      does: "remembers that the guest has read the directory with the old size, and warns when it then reads the file",
      needs: ["idstr"],
      fails: "it cannot fail",
      untold:
        "firmware that keeps an early copy of the directory reads tables that are cut off, and nobody says why it ends without ACPI",
    },
    idstr: { ignores: "the guest knows the files by their names in the directory" },
    migratable: { ignores: "where the tables are loaded, the guest has them already" },
    removed: { ignores: "the files go with the machine" },
  },
};
