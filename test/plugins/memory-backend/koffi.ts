import { createRequire } from "node:module";

/** Real mappings are made through koffi, which is optional, on Linux. */
export const canMap = ((): boolean => {
  try {
    createRequire(import.meta.url)("koffi");
    return process.platform === "linux";
  } catch {
    return false;
  }
})();
