export { Container, inject, injectable, injectedTokens, type InjectableClass } from "./container.ts";
export { token, tokenName, type Token } from "./token.ts";
