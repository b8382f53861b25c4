/**
 * A number that was written with a fraction or an exponent and yet is whole: `1.0`. The peer tells it from `1`, since
 * a schema's integer takes only the latter. It exists between reading a message and checking it against a schema.
 */
export class JsonDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}
