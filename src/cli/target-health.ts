import { Refusal } from '../app/refusal.ts';
import type { PowerRow, PowersView, RightRow, RightsLook } from '../model/api-powers.ts';
import { findLocalServer } from './local-server.ts';

/** How every connected system does, from the server that runs here: a line each, what is not known first. 1 where one fails. */
export async function printHealth(data: string | undefined, asJson: boolean): Promise<void> {
  const view = await read(data);
  if (asJson) process.stdout.write(`${JSON.stringify(view, undefined, 2)}\n`);
  else process.stdout.write(textOf(view));
  if (view.killSwitch.isOn || view.systems.some(({ condition }) => condition === 'failing')) process.exitCode = 1;
}

async function read(data: string | undefined): Promise<PowersView> {
  const { url, token } = await findLocalServer(data);
  const answer = await fetch(`${url}/api/v1/powers`, { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return body as PowersView;
  const shown = typeof body === 'object' && body !== null && 'shown' in body ? String(body.shown) : `${answer.status}`;
  throw new Refusal(shown);
}

function textOf({ executor, killSwitch, systems }: PowersView): string {
  const heard = executor.heardAt === '' ? 'never heard' : `heard ${executor.heardAt}`;
  const refuses = executor.refuses === '' ? '' : `, refuses to act: ${executor.refuses}`;
  const lines = [
    `executor  ${executor.isHeard ? 'there' : 'silent'}, ${heard}${refuses}`,
    `kill switch  ${killSwitch.isOn ? `on since ${killSwitch.since}, by ${killSwitch.by}` : 'off'}`,
    ...systems.map(lineOf),
  ];
  return `${lines.join('\n')}\n`;
}

function lineOf(row: PowerRow): string {
  const went = row.doings.map(({ doing, wellAt }) => `${doing} ${wellAt === '' ? 'unknown' : wellAt}`).join(', ');
  const owner = row.credential.ownerName === '' ? 'nobody' : row.credential.ownerName;
  const since = row.credential.writeSince === '' ? 'age unknown' : `known since ${row.credential.writeSince}`;
  const reasons = row.reasons.length === 0 ? '' : `  [${row.reasons.join(' ')}]`;
  return `${row.system}  ${row.responder}  ${row.condition}${reasons}  well: ${went}  ${owner}, ${since}  ${row.open} open`;
}

/** Prints a look at the rights of one system. False where one is missing, one is too much, or the look failed. */
export function printRights(look: RightsLook): boolean {
  const order = ['unknown', 'wrong', 'right'] as const;
  const sorted = [...look.list].sort((a, b) => order.indexOf(verdictOf(a)) - order.indexOf(verdictOf(b)));
  for (const right of sorted) {
    const is = right.need === 'needed' ? { yes: 'granted', no: 'MISSING' } : { yes: 'TOO MUCH', no: 'not held' };
    const because = right.because === '' ? '' : `  (${right.because})`;
    const granted = right.granted === 'unknown' ? 'unknown' : is[right.granted];
    process.stdout.write(`${right.credential.padEnd(5)}  ${granted.padEnd(8)}  ${right.scope}${because}\n`);
  }
  const { kind, code } = look.summary;
  if (kind === 'failed') process.stdout.write(`the look failed: ${code}\n`);
  return kind !== 'failed' && sorted.every(right => verdictOf(right) !== 'wrong');
}

function verdictOf({ need, granted }: RightRow): 'unknown' | 'wrong' | 'right' {
  if (granted === 'unknown') return 'unknown';
  return (need === 'needed') === (granted === 'yes') ? 'right' : 'wrong';
}
