// reflect-metadata must be there before the first decorator runs; this file is the only importer of tsyringe.
import "reflect-metadata";
import { container as globalContainer, inject as injectToken, injectable, type DependencyContainer } from "tsyringe";
import { diErrors } from "./errors.ts";
import { tokenName, type Token } from "./token.ts";

export { injectable };

/** A class whose constructor parameters all carry `@inject(TOKEN)`. */
export type InjectableClass<T> = new (...args: never[]) => T;

/**
 * A container below `parent`, as `createChildContainer` makes it, but for a pass over all that the parent provides to copy
 * what is scoped to containers: nothing here is, and a machine makes a container for every device.
 */
const BareContainer = globalContainer.constructor as new (parent: DependencyContainer) => DependencyContainer;

const INJECTED = Symbol("backplane:injected-tokens");

/** `@inject(TOKEN)` on a constructor parameter. The tokens are kept readable, so that undeclared needs are found before anything is made. */
export function inject<T>(token: Token<T>): ParameterDecorator {
  const decorate = injectToken(token as symbol);
  return (target, key, index) => {
    const known = injectedTokens(target as InjectableClass<unknown>);
    known[index] = token;
    Reflect.defineMetadata(INJECTED, known, target);
    decorate(target, key, index);
  };
}

/** The tokens of a class's constructor parameters, by position. */
export function injectedTokens(target: InjectableClass<unknown>): Token<unknown>[] {
  return [...((Reflect.getOwnMetadata(INJECTED, target) as Token<unknown>[] | undefined) ?? [])];
}

/**
 * One machine's services, or one device's within it. A child sees what its parent provides; nothing is shared between
 * machines, and tsyringe's global container holds nothing.
 */
export class Container {
  readonly #inner: DependencyContainer;

  private constructor(inner: DependencyContainer) {
    this.#inner = inner;
  }

  static create(): Container {
    return new Container(globalContainer.createChildContainer());
  }

  child(): Container {
    return new Container(new BareContainer(this.#inner));
  }

  /** Gives a finished value for a token. Throws `TOKEN_PROVIDED_TWICE`. */
  provideValue<T>(token: Token<T>, value: T): void {
    this.#refuseSecond(token);
    this.#inner.register(token, { useValue: value });
  }

  /** Gives a class for a token: made at first use, once per container. Throws `TOKEN_PROVIDED_TWICE`. */
  provideClass<T>(token: Token<T>, implementation: InjectableClass<T>): void {
    this.#refuseSecond(token);
    this.#inner.registerSingleton(token as symbol, implementation as new (...args: unknown[]) => T & object);
  }

  /** Throws `TOKEN_NOT_PROVIDED`. */
  resolve<T>(token: Token<T>): T {
    if (!this.#inner.isRegistered(token, true)) throw diErrors.TOKEN_NOT_PROVIDED(tokenName(token));
    return this.#inner.resolve<T>(token);
  }

  has(token: Token<unknown>): boolean {
    return this.#inner.isRegistered(token, true);
  }

  /** Makes an instance with its constructor parameters injected. Throws `TOKEN_NOT_PROVIDED` naming what is missing. */
  instantiate<T>(implementation: InjectableClass<T>): T {
    for (const needed of injectedTokens(implementation)) {
      if (needed !== undefined && !this.has(needed)) throw diErrors.TOKEN_NOT_PROVIDED(tokenName(needed));
    }
    return this.#inner.resolve(implementation as new (...args: unknown[]) => T);
  }

  #refuseSecond(token: Token<unknown>): void {
    if (this.#inner.isRegistered(token, false)) throw diErrors.TOKEN_PROVIDED_TWICE(tokenName(token));
  }
}
