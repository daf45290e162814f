// The web-standard globals that every runtime of ours has (Node, browsers) and that the ES library leaves out.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
/** As far as a pure layer has to know it; where there is Node or a browser, theirs is meant. */
interface AbortSignal {
  readonly aborted: boolean;
}
