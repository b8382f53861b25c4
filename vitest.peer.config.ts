import { defineConfig } from "vitest/config";
import { alias } from "./vitest.config.ts";

/** Live comparison with the peer: needs test/peer/install to have run. */
export default defineConfig({
  resolve: { alias },
  test: {
    globalSetup: ["test/build.ts"],
    include: ["test/peer/**/*.test.ts"],
    env: { NODE_EXTRA_CA_CERTS: "" },
    testTimeout: 120_000,
    fileParallelism: false,
  },
});
