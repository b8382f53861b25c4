declare const provided: unique symbol;

/** Names what crosses a folder. Declared beside the interface that it stands for. */
export type Token<T> = symbol & { readonly [provided]?: T };

export function token<T>(name: string): Token<T> {
  return Symbol(name);
}

export function tokenName(token: Token<unknown>): string {
  return token.description ?? "anonymous token";
}
