import { defineErrors } from "../errors.ts";

export const diErrors = defineErrors({
  TOKEN_NOT_PROVIDED: {
    text: (token: string) => `nothing in this machine provides ${token}`,
    help: "A service or device asks for a token that no plugin of the machine provides. Add the plugin that provides it, or list the token in the plugin's `requires`.",
  },
  TOKEN_PROVIDED_TWICE: {
    text: (token: string) => `${token} is provided twice`,
    help: "Two plugins of one machine provide the same token. Remove one of them.",
  },
});
