import { fail, ok, type Result } from '../../base/result.ts';
import { secretOf } from '../../executor/capability.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { openRoutes } from '../../responders/http-call/session.ts';
import { openTools } from '../../responders/mcp-tool/session.ts';
import type { ToolSession } from '../../responders/shared/calls/call-session.ts';
import { errorTextWithout } from '../../responders/shared/wire-text.ts';
import type { Upstream } from './upstreams.ts';

/** How long one question to an upstream may take. */
const ANSWER_MS_MAX = 15_000;

/** One conversation with each upstream, kept open: opening one takes longer than most calls. */
export class Sessions {
  private readonly open = new Map<string, { readonly key: string; readonly session: Promise<ToolSession> }>();

  /** Asks an upstream. One that ended in between is opened anew, once; `work` may then be done a second time. */
  async ask<T>(upstream: Upstream, work: (session: ToolSession) => Promise<T>): Promise<Result<T, Failure>> {
    const wasOpen = this.open.has(upstream.name);
    try {
      return ok(await work(await this.sessionOf(upstream)));
    } catch (error) {
      await this.close(upstream.name);
      if (!wasOpen) return noAnswer(upstream, error);
    }
    try {
      return ok(await work(await this.sessionOf(upstream)));
    } catch (error) {
      await this.close(upstream.name);
      return noAnswer(upstream, error);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.open.keys()].map(name => this.close(name)));
  }

  private sessionOf(upstream: Upstream): Promise<ToolSession> {
    const { name, url, readCredential, document } = upstream;
    const key = `${url}\n${readCredential}\n${document ?? ''}`;
    const known = this.open.get(name);
    if (known?.key === key) return known.session;
    const at = { url, secret: secretOf(readCredential), timeoutMs: ANSWER_MS_MAX };
    const session = document === undefined ? openTools(at) : Promise.resolve(openRoutes({ ...at, document }));
    this.open.set(name, { key, session });
    return session;
  }

  private async close(name: string): Promise<void> {
    const known = this.open.get(name);
    this.open.delete(name);
    await known?.session.then(session => session.close()).catch(() => undefined);
  }
}

function noAnswer({ name, readCredential }: Upstream, error: unknown): Result<never, Failure> {
  return fail(failureOf('gateway.no_answer', `${name}: ${errorTextWithout(error, [secretOf(readCredential)])}`));
}
