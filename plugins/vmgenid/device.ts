import {
  DEVICE,
  DEVICE_STATES,
  disposable,
  inject,
  injectable,
  prop,
  RAM_BLOCK_NOTIFIERS,
  type Device,
  type DeviceContext,
  type DeviceStates,
  type Property,
  type RAMBlock,
  type RAMBlockNotifier,
  type RAMBlockNotifiers,
} from "backplane";
import { vmgenidErrors } from "./errors.ts";
import { GUID } from "./guid.ts";
import { vmgenidSection } from "./section.ts";
import { VMGENID_STATE, type VmgenidState } from "./state.ts";

const AUTOMATIC = "auto";

const guid: Property<string> = {
  type: "str",
  default: AUTOMATIC,
  description: 'UUID (aka GUID) or "auto" for random value (default)',
  parse(value, name, owner, form) {
    const text = prop.string("").parse(value, name, owner, form);
    if (text !== AUTOMATIC && !GUID.test(text)) throw vmgenidErrors.VMGENID_GUID(name, text);
    return text.toLowerCase();
  },
};

export const VMGENID_DEVICE = { name: "vmgenid", category: "misc", hotpluggable: false, properties: { guid } } as const;

/** Tells a guest that it has been copied: its GUID is in guest memory, where the firmware put it. */
@injectable()
export class VmgenidDevice implements Device {
  readonly #context: DeviceContext<typeof VMGENID_DEVICE.properties>;
  readonly #state: VmgenidState;
  readonly #states: DeviceStates;
  readonly #notifiers: RAMBlockNotifiers;

  constructor(
    @inject(DEVICE) context: DeviceContext<typeof VMGENID_DEVICE.properties>,
    @inject(VMGENID_STATE) state: VmgenidState,
    @inject(DEVICE_STATES) states: DeviceStates,
    @inject(RAM_BLOCK_NOTIFIERS) notifiers: RAMBlockNotifiers,
  ) {
    this.#context = context;
    this.#state = state;
    this.#states = states;
    this.#notifiers = notifiers;
  }

  realize(): void {
    const state = this.#state;
    const context = this.#context;
    if (state.guid !== undefined) throw vmgenidErrors.VMGENID_TWICE();
    const { guid: given } = context.properties;
    state.isAutomatic = given === AUTOMATIC;
    state.guid = state.isAutomatic ? state.automatic() : given;
    context.own(
      disposable(() => {
        state.guid = undefined;
        state.forgetAddress();
      }),
    );
    context.own(this.#states.add(vmgenidSection(state)));
    context.own(this.#notifiers.add(guardAddress(state)));
  }
}

/** The address is good for as long as the guest's memory is there, and travels. */
export function guardAddress(state: VmgenidState): RAMBlockNotifier {
  const forget = (block: RAMBlock): void => {
    if (block === state.block) state.forgetAddress();
  };
  return {
    name: "vmgenid",
    ramBlockMigratableChanged: (block) => (block.migratable ? undefined : forget(block)),
    ramBlockRemoved: forget,
  };
}
