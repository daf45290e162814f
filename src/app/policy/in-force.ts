import { invariant } from '../../base/invariant.ts';
import { type HousePolicy, housePolicyOf } from '../../core/decide/house-policy.ts';
import type { ServerContext } from '../context.ts';
import type { Live } from '../live.ts';

/** How often it is asked for where nothing is heard. */
const LOOK_EVERY_MS = 3_000;

/**
 * The policy that the executor says it goes by. The server decides nothing by it that the executor does not decide again: one
 * that lags behind makes proposals that go stale, and no more.
 */
export class PolicyInForce {
  private house: HousePolicy = builtIn();
  private timer: NodeJS.Timeout | undefined;
  private leave: () => void = () => undefined;

  current(): HousePolicy {
    return this.house;
  }

  /** Begins to follow it. The first look is made before this resolves, so that nobody is answered by another policy. */
  async follow(context: Pick<ServerContext, 'pool' | 'tenant' | 'logger'>, live: Live): Promise<void> {
    const look = () =>
      this.look(context).catch((error: unknown) => context.logger.warn({ err: error }, 'the policy could not be read'));
    await this.look(context);
    this.leave = live.subscribe(event => {
      if (event.kind === 'proposal') void look();
    });
    this.timer = setInterval(() => void look(), LOOK_EVERY_MS);
  }

  stop(): void {
    this.leave();
    clearInterval(this.timer);
  }

  private async look({ pool, tenant, logger }: Pick<ServerContext, 'pool' | 'tenant' | 'logger'>): Promise<void> {
    const { rows } = await pool.query<{ sha256: string | null }>(
      `SELECT body -> 'policy' ->> 'sha256' AS sha256 FROM executor_status WHERE tenant_id = $1`,
      [tenant],
    );
    const sha256 = rows[0]?.sha256 ?? '';
    if (sha256 === this.house.sha256) return;
    const said = await pool.query<{ text: string }>(
      `SELECT body -> 'policy' ->> 'text' AS text FROM executor_status WHERE tenant_id = $1`,
      [tenant],
    );
    const loaded = housePolicyOf(said.rows[0]?.text ?? '');
    if (!loaded.ok) {
      logger.error({ why: loaded.failure }, 'the policy that the executor goes by does not load here');
      return;
    }
    this.house = loaded.value;
    logger.info({ policy: loaded.value.title, sha256 }, 'another policy is in force');
  }
}

function builtIn(): HousePolicy {
  const loaded = housePolicyOf('');
  invariant(loaded.ok, 'the built-in policy loads');
  return loaded.value;
}
