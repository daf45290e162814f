import { vi } from 'vitest';
import type { Plan } from '../../src/ports/responder.ts';
import type { Answer } from '../../src/responders/imap-mail/imap.ts';
import type { copiesIn, lookFor } from '../../src/responders/imap-mail/message.ts';
import type { Move, movesOf } from '../../src/responders/imap-mail/plan.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import { NO_DOVECOT } from '../conformance/dovecot.ts';
import { type MailTarget, startMailTarget } from '../conformance/mail-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/imap-mail/message.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/imap-mail/message.ts')>(),
    'lookFor',
    'copiesIn',
  ),
);
vi.mock('../../src/responders/imap-mail/plan.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/imap-mail/plan.ts')>(),
    'movesOf',
  ),
);

const MAILBOX = 'alice@example.org';
/** A mail of somebody honest. */
const HONEST = '<invoice-10@mail.example.net>';

/** A Dovecot with two mails in one mailbox. */
async function startMailbox(): Promise<MailTarget> {
  const target = await startMailTarget();
  await target.restore();
  return target;
}

/** As a server's own search takes it: what it found bears the id that was asked for. */
function believed(answer: Answer, messageId: string): Answer {
  const literals = (all: readonly Buffer[]) =>
    all.map(one =>
      Buffer.from(one.toString('latin1').replace(/^Message-ID:.*\r$/m, `Message-ID: ${messageId}\r`), 'latin1'),
    );
  return { ...answer, lines: answer.lines.map(line => ({ ...line, literals: literals(line.literals) })) };
}

attack({
  id: 'BND-04',
  attack:
    'a sender gives a message an id that is a part of everybody’s, so that quarantining it takes all mail out of the mailbox',
  control: 'that what the server’s search found is compared with the id, byte by byte',
  notHere: NO_DOVECOT,
  run: () =>
    onTarget(startMailbox, async target => {
      const chosen = 'mail.example.net';
      await target.deliver(chosen);
      const said = await carriedOut(target, await planOf(target, 'quarantine', `${MAILBOX}/${chosen}`));
      const [theirs, honest] = [await target.foldersOf(chosen), await target.foldersOf(HONEST)];
      return {
        succeeded: honest.includes('Quarantine'),
        seen: `${said}; theirs is in ${theirs.join(', ')}, the honest one in ${honest.join(', ')}`,
      };
    }),
  without: () => {
    takeOut<typeof lookFor>('lookFor', (actual, session, messageId) =>
      actual(
        { ask: async commands => (await session.ask(commands)).map(answer => believed(answer, messageId)) },
        messageId,
      ),
    );
    takeOut<typeof copiesIn>('copiesIn', (actual, folder, opened, fetched, messageId) =>
      actual(folder, opened, fetched === undefined ? undefined : believed(fetched, messageId), messageId),
    );
  },
});

/** Where the messages that bear the id are when it is carried out. */
let found: readonly (readonly [folder: string, validity: string, uid: number])[] = [];

attack({
  id: 'BND-04',
  attack:
    'a sender takes the id of an honest mail that is still on its way: it comes after people signed, and is taken out, too',
  control: 'that what is moved are the places that were signed, and not whatever bears the id by then',
  notHere: NO_DOVECOT,
  run: () =>
    onTarget(startMailbox, async target => {
      const signed = await planOf(target, 'quarantine');
      const [, id = ''] = target.victim.split('/');
      await target.deliver(id);
      found = JSON.parse(await target.version()) as typeof found;
      const said = await carriedOut(target, signed);
      const folders = await target.foldersOf(id);
      return {
        succeeded: !folders.includes('INBOX'),
        seen: `${said}; of ${found.length} that bear the id ${folders.includes('INBOX') ? 'one stayed' : 'all were moved'}`,
      };
    }),
  without: () =>
    takeOut<typeof movesOf>('movesOf', () =>
      found.map(([folder, validity, uid]) => ({ folder, validity, uid, to: 'Quarantine' })),
    ),
});

/** Ends the command in which it stands, and empties the folder by others. */
const HOSTILE_FOLDER = 'INBOX"\r\nx1 SELECT INBOX\r\nx2 UID MOVE 1:* Quarantine\r\nx3 NOOP "';

attack({
  id: 'BND-03',
  attack:
    'a plan that was made elsewhere names a folder that ends the command in which it stands, and begins some that empty the mailbox',
  control: 'the form of a folder’s name, looked at before the credential that writes is opened',
  notHere: NO_DOVECOT,
  run: () =>
    onTarget(startMailbox, async target => {
      const plan = await planOf(target, 'quarantine');
      const said = await carriedOut(target, typeof plan === 'string' ? plan : movingFrom(plan, HOSTILE_FOLDER));
      const honest = await target.foldersOf(HONEST);
      return {
        succeeded: !honest.includes('INBOX'),
        seen: `${said}; the honest mail is in ${honest.join(', ')}`,
      };
    }),
  without: () =>
    takeOut<typeof movesOf>('movesOf', (_actual, { params }) =>
      (JSON.parse(params['moves'] ?? '') as readonly (readonly [string, string, number, string])[]).map(
        ([folder, validity, uid, to]): Move => ({ folder, validity, uid, to }),
      ),
    ),
});

/** The same plan, with its seal, of a message that is in another folder. */
function movingFrom({ digest: _digest, ...plan }: Plan, folder: string): Plan {
  const moves = JSON.parse(plan.params['moves'] ?? '') as readonly (readonly unknown[])[];
  return sealPlan({ ...plan, params: { moves: JSON.stringify(moves.map(([, ...rest]) => [folder, ...rest])) } });
}
