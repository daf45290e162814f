import type { ToolClass } from './tool.ts';

/** One tool of an upstream, as the page lists it. */
export interface UpstreamTool {
  readonly name: string;
  /** What its server says that it is for now; where it has it no more, what it said when it was adopted. */
  readonly description: string;
  /** What its server says of it as a hint, such as that it only reads. Nothing goes by it. */
  readonly hint: string;
  /** The digest that people adopted, and the one that it has now; empty where there is none. */
  readonly pinned: string;
  readonly seen: string;
  readonly class: ToolClass | undefined;
  /** `usable`: as it was adopted. `quarantined`: it was seen to differ. `blocked`: nobody adopted it. */
  readonly state: 'usable' | 'quarantined' | 'blocked';
  /** Why it is not usable; empty where it is. */
  readonly why: string;
}

/** Somebody else's server behind the gate. */
export interface UpstreamView {
  readonly name: string;
  readonly url: string;
  /** `tools`: an MCP server. `routes`: a plain HTTP interface, whose routes stand for tools. */
  readonly has: 'tools' | 'routes';
  /** Where agents reach it here. */
  readonly path: string;
  /** SHA-256 of what is in force; empty where nothing was adopted. */
  readonly manifest: string;
  /** Why it cannot be asked now; empty where it answered. */
  readonly trouble: string;
  readonly tools: readonly UpstreamTool[];
  /** Calls of the last day. */
  readonly calls: { readonly read: number; readonly proposed: number; readonly refused: number };
}
