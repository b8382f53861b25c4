import path from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

/** The package imports itself by name; tests read the sources, not dist. */
export const alias = [
  { find: /^backplane$/, replacement: path.join(root, "core/index.ts") },
  { find: /^backplane\/config$/, replacement: path.join(root, "core/config/read.ts") },
  { find: /^backplane\/kit$/, replacement: path.join(root, "test/kit/index.ts") },
  { find: /^backplane\/kit\/conformance$/, replacement: path.join(root, "test/kit/ram-block-notifier-conformance.ts") },
  { find: /^backplane\/plugins\/(.+)\/contract$/, replacement: path.join(root, "plugins/$1/contract.ts") },
];

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/build.ts"],
    exclude: ["test/peer/**", "node_modules/**"],
    env: { NODE_EXTRA_CA_CERTS: "", NO_COLOR: "1", FORCE_COLOR: "" },
    // Tests share what they import, not what they make: loading the sources anew for every file would cost more than the tests.
    isolate: false,
    testTimeout: 20_000,
  },
});
