import { fail, ok, type Result } from '../../base/result.ts';

interface Waiting {
  readonly urgency: number;
  readonly order: number;
  readonly settle: (result: Result<Release, 'ai.busy' | 'ai.timed_out'>) => void;
}

/** Gives one's place to the next. Once. */
export type Release = () => void;

/**
 * Those who wait to ask. So many are asked about at once; the graver goes first, and where the line is full the least grave
 * is sent away at once, to be told by rules.
 */
export class AskingLine {
  private readonly runningMax: number;
  private readonly waitingMax: number;
  private readonly waiting: Waiting[] = [];
  private running = 0;
  private order = 0;
  private shedCount = 0;

  constructor(runningMax: number, waitingMax: number) {
    this.runningMax = runningMax;
    this.waitingMax = waitingMax;
  }

  state(): { readonly waiting: number; readonly running: number; readonly shed: number } {
    return { waiting: this.waiting.length, running: this.running, shed: this.shedCount };
  }

  /** Resolves when it is one's turn, when one is sent away, or when `waitMs` have passed. */
  enter(urgency: number, waitMs: number): Promise<Result<Release, 'ai.busy' | 'ai.timed_out'>> {
    if (this.running < this.runningMax) return Promise.resolve(ok(this.take()));
    return new Promise(resolve => {
      const leave = setTimeout(() => {
        const at = this.waiting.indexOf(one);
        if (at >= 0) this.waiting.splice(at, 1);
        resolve(fail('ai.timed_out'));
      }, waitMs);
      const one: Waiting = {
        urgency,
        order: this.order++,
        settle: result => {
          clearTimeout(leave);
          resolve(result);
        },
      };
      this.waiting.push(one);
      this.waiting.sort((a, b) => b.urgency - a.urgency || a.order - b.order);
      if (this.waiting.length <= this.waitingMax) return;
      this.shedCount++;
      this.waiting.pop()?.settle(fail('ai.busy'));
    });
  }

  /** Sends everybody away who waits. */
  close(): void {
    for (const one of this.waiting.splice(0)) one.settle(fail('ai.busy'));
  }

  private take(): Release {
    this.running++;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.running--;
      this.waiting.shift()?.settle(ok(this.take()));
    };
  }
}
