/** The test kit: what the authors of plugins need to test one. Exported as `backplane/kit`. */
export { emptyMachineType, testDefinition, withMachine, type TestMachineOptions } from "./machine.ts";
export { recordNotices, recordNotifications, type RecordedNotification } from "./record.ts";
