import { beginCustody, finishCustody } from '../../src/app/custody.ts';
import { type Installation, type Member, must, signAs } from './installation.ts';

/** Somebody answers for a machine identity, as the page has them sign. */
export async function answerFor(
  world: Installation,
  owner: Member,
  identity: string,
  { days = 90, from = [] }: { readonly days?: number; readonly from?: readonly string[] } = {},
): Promise<void> {
  const { statement } = must(await beginCustody(world.context, owner.person, { identity, days, from }));
  const signature = signAs(owner, 'countersign/custody/v1', statement);
  must(await finishCustody(world.context, owner.person, statement.nonce, signature));
}
