import { disposable, type Disposable } from "backplane";
import type { MacAddress, NetCard, NetCardLink, Network, NetPeer, NetPeerLink } from "./contract.ts";
import { netErrors } from "./errors.ts";

/** Addresses that cards get by themselves: the last byte of 52:54:00:12:34:xx. */
const OWN_ADDRESS = [0x52, 0x54, 0x00, 0x12, 0x34] as const;
const FIRST_OWN = 0x56;
const LAST_OWN = 0xfe;
/** Frames that wait for one card; what comes when they are as many is lost. */
const QUEUE_LIMIT = 10_000;
const HUB = 0;

class CardLink implements NetCardLink {
  readonly name: string;
  readonly card: NetCard;
  readonly #hub: NetworkService | undefined;
  readonly #leave: () => void;
  #waiting: Uint8Array[] = [];
  #delivering = false;

  constructor(name: string, card: NetCard, hub: NetworkService | undefined, leave: () => void) {
    this.name = name;
    this.card = card;
    this.#hub = hub;
    this.#leave = leave;
  }

  send(frame: Uint8Array): void {
    this.#hub?.forward(frame, this);
  }

  /** A frame that comes while the card takes another waits as well, so that order is kept. */
  deliver(frame: Uint8Array): void {
    if (this.#waiting.length === 0 && !this.#delivering && this.card.canReceive && this.#give(frame)) return;
    if (this.#waiting.length < QUEUE_LIMIT) this.#waiting.push(frame.slice());
  }

  ready(): void {
    let frame: Uint8Array | undefined;
    while (!this.#delivering && this.card.canReceive && (frame = this.#waiting[0]) !== undefined) {
      if (!this.#give(frame)) return;
      this.#waiting.shift();
    }
  }

  dispose(): void {
    this.#waiting = [];
    this.#leave();
  }

  #give(frame: Uint8Array): boolean {
    this.#delivering = true;
    try {
      return this.card.receive(frame);
    } finally {
      this.#delivering = false;
    }
  }
}

/** Cards, and one hub where the machine has one. */
export class NetworkService implements Network {
  readonly #ports = new Map<string, CardLink | undefined>();
  readonly #cards: CardLink[] = [];
  readonly #peers = new Set<NetPeer>();
  readonly #addresses = new Map<number, number>();

  constructor(ports: number) {
    for (let port = 0; port < ports; port++) this.#ports.set(`hub${HUB}port${port}`, undefined);
  }

  takeAddress(wanted: MacAddress | undefined): { readonly address: MacAddress; readonly lease: Disposable } {
    const isUnset = wanted === undefined || wanted.every((byte) => byte === 0);
    const address: MacAddress = isUnset ? [...OWN_ADDRESS, this.#freeAddress()] : wanted;
    if (!OWN_ADDRESS.every((byte, index) => byte === address[index])) {
      return { address, lease: disposable(() => undefined) };
    }
    const last = address[5];
    this.#addresses.set(last, (this.#addresses.get(last) ?? 0) + 1);
    const release = (): void => void this.#addresses.set(last, (this.#addresses.get(last) ?? 1) - 1);
    return { address, lease: disposable(release) };
  }

  connect(card: NetCard, netdev: string | undefined, owner: string): NetCardLink {
    if (netdev !== undefined && !this.#ports.has(netdev)) throw netErrors.NET_BACKEND_UNKNOWN(owner, netdev);
    if (netdev !== undefined && this.#ports.get(netdev) !== undefined) {
      throw netErrors.NET_BACKEND_IN_USE(owner, netdev);
    }
    const link = new CardLink(this.#nameOf(card), card, netdev === undefined ? undefined : this, () => {
      this.#cards.splice(this.#cards.indexOf(link), 1);
      if (netdev !== undefined) this.#ports.set(netdev, undefined);
    });
    this.#cards.push(link);
    if (netdev !== undefined) this.#ports.set(netdev, link);
    return link;
  }

  join(hub: number, peer: NetPeer): NetPeerLink {
    if (hub !== HUB || this.#ports.size === 0) throw netErrors.NET_HUB_UNKNOWN(hub);
    // A member of its own, so that somebody may join twice.
    const member: NetPeer = { receive: (frame) => peer.receive(frame) };
    this.#peers.add(member);
    return {
      send: (frame) => this.forward(frame, member),
      dispose: () => void this.#peers.delete(member),
    };
  }

  /** A hub has no memory: everybody but the sender hears the frame. */
  forward(frame: Uint8Array, from: CardLink | NetPeer): void {
    for (const link of this.#ports.values()) if (link !== undefined && link !== from) link.deliver(frame);
    for (const peer of this.#peers) if (peer !== from) peer.receive(frame);
  }

  find(name: string): "card" | "port" | undefined {
    if (this.#ports.has(name)) return "port";
    return this.#cards.some((link) => link.name === name) ? "card" : undefined;
  }

  describe(): string {
    let text = "";
    if (this.#ports.size > 0) text += `hub ${HUB}\n`;
    for (const [port, link] of [...this.#ports].toReversed()) {
      text += ` \\ ${port}${link === undefined ? "" : `: ${line(link)}`}\n`;
    }
    const onHub = new Set(this.#ports.values());
    for (const link of this.#cards) if (!onHub.has(link)) text += `${line(link)}\n`;
    return text;
  }

  #nameOf({ id, model }: NetCard): string {
    return id ?? `${model}.${this.#cards.filter((link) => link.card.model === model).length}`;
  }

  #freeAddress(): number {
    for (let last = FIRST_OWN; last <= LAST_OWN; last++) if ((this.#addresses.get(last) ?? 0) === 0) return last;
    return 0xff;
  }
}

function line({ name, card }: CardLink): string {
  return `${name}: index=0,type=nic,model=${card.model},macaddr=${card.mac}`;
}
