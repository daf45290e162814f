// As far as a pure layer has to know it; where there is Node or a browser, theirs is meant.
interface AbortSignal {
  readonly aborted: boolean;
}
