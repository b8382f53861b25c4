// Options of which only what changes nothing can be had, with the peer's words for what is wrong with them.
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { readKeyValues, type KeyValueTree } from "./keyval.ts";
import { at, Exit, originOf, type Occurrence } from "./occurrence.ts";
import { OptionList, switchValue, valueOf, type OptionListShape } from "./option-list.ts";
import type { OptionEntry } from "./options.ts";

const withArgument = (help: string, read: OptionEntry["read"]): OptionEntry => ({ takesArgument: true, help, read });

const unavailable = (occurrence: Occurrence) =>
  commandLineErrors.OPTION_VALUE_UNAVAILABLE(occurrence.argument).from(originOf(occurrence));

const BOOT: OptionListShape = {
  name: "boot-opts",
  implied: "order",
  fields: {
    order: "str",
    once: "str",
    menu: "bool",
    splash: "str",
    "splash-time": "num",
    "reboot-timeout": "num",
    strict: "bool",
  },
};

const SANDBOX: OptionListShape = {
  name: "sandbox",
  implied: "enable",
  fields: { enable: "bool", obsolete: "str", elevateprivileges: "str", spawn: "str", resourcecontrol: "str" },
};

const RUN_WITH: OptionListShape = {
  name: "run-with",
  fields: { "async-teardown": "bool", chroot: "str", user: "str" },
};

/** Policies for what is out of date, and the only one that can be had. */
const POLICIES: { readonly [key: string]: readonly string[] } = {
  "deprecated-input": ["accept", "reject", "crash"],
  "deprecated-output": ["accept", "hide"],
  "unstable-input": ["accept", "reject", "crash"],
  "unstable-output": ["accept", "hide"],
};
const NO_POLICY = "accept";

function compat(occurrence: Occurrence): void {
  const tree: KeyValueTree = {};
  at(occurrence, () => readKeyValues(tree, occurrence.argument));
  for (const [key, policies] of Object.entries(POLICIES)) {
    const value = tree[key];
    if (value === undefined) continue;
    if (typeof value !== "string") throw commandLineErrors.VALUE_TYPE(key, "string").from(originOf(occurrence));
    if (!policies.includes(value)) throw commandLineErrors.VALUE_CHOICE(key, value).from(originOf(occurrence));
    if (value !== NO_POLICY) throw unavailable(occurrence);
  }
  const other = Object.keys(tree).find((key) => !Object.hasOwn(POLICIES, key));
  if (other !== undefined) throw commandLineErrors.KEY_UNEXPECTED(other).from(originOf(occurrence));
}

/** What only makes sense with a kernel, which cannot be had: `-kernel` itself is refused. */
const withKernel = (): OptionEntry =>
  withArgument("", (_draft, { name }) => {
    throw commandLineErrors.KERNEL_ALONE(name);
  });

const foreign = (takesArgument: boolean): OptionEntry => ({
  takesArgument,
  help: "",
  read(_draft, occurrence) {
    throw commandLineErrors.OPTION_FOREIGN().from(originOf(occurrence));
  },
});

/** By name. */
export const REFUSED_OPTIONS: { readonly [name: string]: OptionEntry } = {
  /** The plugin that owns the option is given it as well; the peer reads it by the younger syntax. */
  boot: {
    takesArgument: true,
    help: "",
    read(draft: Draft, occurrence) {
      const { help } = at(occurrence, () => readKeyValues({}, occurrence.argument, BOOT.implied));
      if (!help) return;
      draft.print(new OptionList(BOOT, draft.messages, draft.print).help());
      throw new Exit(0);
    },
  },
  usb: {
    takesArgument: false,
    help: "",
    read(draft) {
      draft.machine["usb"] = "on";
    },
  },
  sandbox: withArgument("-sandbox off    no system calls are filtered", (draft, occurrence) => {
    const group = new OptionList(SANDBOX, draft.messages, draft.print).add(occurrence);
    const isOn = at(occurrence, () => switchValue("enable", valueOf(group, "enable") ?? "off"));
    if (isOn) throw unavailable(occurrence);
  }),
  compat: withArgument(
    "-compat [deprecated-input=accept][,deprecated-output=accept]\n                what is out of date is accepted",
    (_draft, occurrence) => compat(occurrence),
  ),
  "run-with": withArgument("-run-with async-teardown=off", (draft, occurrence) => {
    const group = new OptionList(RUN_WITH, draft.messages, draft.print).add(occurrence);
    const isOff = group.pairs.every(({ key, value }) => key === "async-teardown" && !switchValue(key, value));
    if (!isOff) throw unavailable(occurrence);
  }),
  seed: withArgument("", (_draft, occurrence) => {
    if (!/^\s*[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)$/.test(occurrence.argument)) {
      throw commandLineErrors.SEED(occurrence.argument).from(originOf(occurrence));
    }
    throw unavailable(occurrence);
  }),
  append: withKernel(),
  initrd: withKernel(),
  shim: withKernel(),
  semihosting: foreign(false),
  "semihosting-config": foreign(true),
  "prom-env": foreign(true),
  "xen-attach": foreign(false),
  "xen-domid": foreign(true),
  "xen-domid-restrict": foreign(false),
};
