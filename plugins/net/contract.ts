import { token, type Disposable } from "backplane";

/** What a network card tells of itself, and takes from the network. */
export interface NetCard {
  /** Driver: `e1000e`. */
  readonly model: string;
  /** The device's id; without one the card gets the name `MODEL.N`. */
  readonly id: string | undefined;
  /** The address that it answers to now. */
  readonly mac: string;
  /** False: frames wait until the card calls `ready`. */
  readonly canReceive: boolean;
  /** Returns false when the frame must wait after all. The frame is the card's only during the call. */
  receive(frame: Uint8Array): boolean;
}

/** A card's end of its cable. */
export interface NetCardLink extends Disposable {
  readonly name: string;
  /** The frame is the network's only during the call. Lost where nobody is at the other end. */
  send(frame: Uint8Array): void;
  /** The card can take frames again: those that wait are delivered. */
  ready(): void;
}

/** Somebody on a hub who is no card of the machine: a program that embeds it, a test. */
export interface NetPeer {
  receive(frame: Uint8Array): void;
}

export interface NetPeerLink extends Disposable {
  /** Copied where it has to wait. */
  send(frame: Uint8Array): void;
}

/** The machine's network. */
export interface Network {
  /** The address itself, or where it is not given the next that is free, from 52:54:00:12:34:56 on. */
  takeAddress(address: MacAddress | undefined): { readonly address: MacAddress; readonly lease: Disposable };
  /**
   * Connects a card; `netdev` is what its property names, the port of a hub (`hub0port0`). Without it the cable hangs in
   * the air. Throws with the peer's texts where there is no such port or another card has it; `owner` is the property's.
   */
  connect(card: NetCard, netdev: string | undefined, owner: string): NetCardLink;
  /** Joins the hub of that number; throws where there is none. */
  join(hub: number, peer: NetPeer): NetPeerLink;
  /** Who has that name: a card, or a port of a hub. */
  find(name: string): "card" | "port" | undefined;
  /** What `info network` prints. */
  describe(): string;
}

export type MacAddress = readonly [number, number, number, number, number, number];

export const NETWORK = token<Network>("NETWORK");

export { macText, parseMac } from "./mac.ts";
