import { canonical, digestOfCanonical } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, type FailureCode, failureOf } from '../../model/failure.ts';
import type { ChangeFailure, ProviderChange } from '../../ports/model-pipe.ts';
import { record, type ServerContext, transact } from '../context.ts';
import type { ModelPipe } from '../model-pipe.ts';

const CODES: { readonly [code in ChangeFailure]: FailureCode } = {
  invalid: 'provider.invalid',
  key_needed: 'provider.key_needed',
  key_unreadable: 'provider.key_unreadable',
  too_many: 'provider.too_many',
  unknown: 'not_found',
  not_written: 'system.not_ready',
  process_down: 'system.not_ready',
};

/**
 * Has the ai process change a provider. It stands in the log first: the change is another process's, and one that was
 * logged and not made is better than one that was made and not logged. No key is in the entry, sealed or not.
 */
export async function changeProvider(
  context: ServerContext,
  models: Pick<ModelPipe, 'configure' | 'open'>,
  change: ProviderChange,
  by: string,
): Promise<Result<void, Failure>> {
  const name = change.kind === 'set' ? change.provider.name : change.name;
  const configSha256 =
    change.kind === 'set'
      ? digestOfCanonical('countersign/ai-provider/v1', canonical(JSON.stringify(change.provider)))
      : '';
  await transact(context, async client =>
    ok(
      await record(context, client, {
        type: 'ai.provider_changed',
        provider: name,
        change: change.kind,
        configSha256,
        by,
      }),
    ),
  );
  await models.open();
  const done = await models.configure(change);
  return done.ok ? ok(undefined) : fail(failureOf(CODES[done.code], done.detail));
}
