import { concatBytes } from '../../base/bytes.ts';

const NOTHING = new Uint8Array(0);

/** Bytes that come in parts and are joined once: growing by each part would copy what is there over and over. */
export class Gathered {
  private parts: Uint8Array[] = [];
  private size = 0;

  get length(): number {
    return this.size;
  }

  /** Keeps a copy: a chunk may be used again by whoever read it. */
  add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.parts.push(part.slice());
    this.size += part.length;
  }

  /** Everything so far, which is then forgotten here. */
  take(): Uint8Array {
    const [first, ...more] = this.parts;
    const whole = first === undefined ? NOTHING : more.length === 0 ? first : concatBytes(...this.parts);
    this.parts = [];
    this.size = 0;
    return whole;
  }
}
