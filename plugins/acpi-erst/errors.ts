import { defineErrors } from "backplane";

export const erstErrors = defineErrors({
  ERST_MEMDEV_UNSET: {
    text: () => "'memdev' property is not set",
    help: "`-device acpi-erst` needs the memory backend that keeps the records: memdev=ID.",
    advice: "write memdev: ID, the id of a memory backend under 'objects'",
  },
  ERST_MEMDEV_BUSY: {
    text: (id: string) => `can't use already busy memdev: ${id}`,
    help: "Another device has the memory backend that `acpi-erst` names.",
    at: "memdev",
  },
  ERST_RECORD_SIZE: {
    text: (size: number) => `ERST record_size ${size} is invalid`,
    help: "The size of a record, from the property `record_size` or from a store that is there already, is not a power of two from 4096.",
    at: "record_size",
  },
  ERST_HEADER: {
    text: () => "ERST backend storage header is invalid",
    help: "The memory backend of `acpi-erst` holds something that is neither empty nor a store of error records.",
    at: "memdev",
  },
  ERST_STORAGE_SIZE: {
    text: (recordSize: number) => `ACPI ERST requires storage size be multiple of record size (${recordSize}KiB)`,
    help: "The size of the memory backend is not a multiple of the size of a record.",
    at: "memdev",
  },
});
