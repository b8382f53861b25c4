import { defineErrors } from "backplane";

export const registrarErrors = defineErrors({
  REGISTRAR_NO_MEMORY: {
    text: (owner: string, address: number) =>
      `Failed to register a mapping of ${owner} at 0x${address.toString(16)}: Bad address`,
    help: "A mapping was announced at a host address where no memory lies.",
  },
});
