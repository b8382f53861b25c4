import { defineErrors } from "backplane";

export const vmcoreinfoErrors = defineErrors({
  VMCOREINFO_TWICE: {
    text: () => "at most one vmcoreinfo device is permitted",
    help: "A machine can have one `vmcoreinfo`: the guest finds it by the one file etc/vmcoreinfo.",
  },
});
