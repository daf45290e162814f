const NOTHING = new Uint8Array(0);

/** Bytes that come in parts, each a copy: growing by each part alone would copy what is there over and over. */
export class Gathered {
  private bytes: Uint8Array = NOTHING;
  private size = 0;

  get length(): number {
    return this.size;
  }

  add(part: Uint8Array): void {
    const size = this.size + part.length;
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    }
    this.bytes.set(part, this.size);
    this.size = size;
  }

  /** Everything so far, which is then forgotten here. */
  take(): Uint8Array {
    const whole = this.bytes.subarray(0, this.size);
    this.bytes = NOTHING;
    this.size = 0;
    return whole;
  }
}
