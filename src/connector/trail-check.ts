import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrailEntry, TrailPage } from '../ports/responder.ts';
import { type Check, contextOf, during, executed, planned } from './calls.ts';

/** In which a target's own log has to show what it was just made to do. */
const SHOWN_MS_MAX = 5_000;
const LOOK_EVERY_MS = 250;
/** A look that is not answered is given up after this. */
const SILENT_MS_MAX = 500;

/** Looks on from a cursor until the entries are as wanted: every entry once, however often it is shown, and the last cursor. */
async function readUntil(
  read: (cursor: string) => Promise<TrailPage>,
  from: string,
  isSo: (entries: readonly TrailEntry[]) => boolean,
): Promise<{ readonly entries: readonly TrailEntry[]; readonly cursor: string }> {
  const entries = new Map<string, TrailEntry>();
  const until = Date.now() + SHOWN_MS_MAX;
  for (let cursor = from; ; await sleep(LOOK_EVERY_MS)) {
    const page = await read(cursor);
    cursor = page.cursor;
    for (const entry of page.entries) entries.set(entry.id, entry);
    const all = [...entries.values()];
    if (isSo(all) || Date.now() > until) return { entries: all, cursor };
  }
}

export const A19: Check = {
  title: 'A19 the log that the target keeps of our login has each act once, and what was done by hand',
  async run(target, responder) {
    const { auditTrail } = responder;
    assert.equal(auditTrail !== undefined, responder.manifest.trail !== undefined, 'the manifest names what is read');
    if (auditTrail === undefined) return;
    const { byHand } = target;
    if (byHand === undefined) {
      // Of a product of which some systems keep one and others do not.
      const none = await auditTrail('', target.system, contextOf(target));
      const says = none.ok ? 'a page' : none.failure.code;
      assert.equal(says, 'responder.no_trail', 'what keeps a log says how something is done by hand there');
      return;
    }
    const read = async (cursor: string): Promise<TrailPage> => {
      const page = await auditTrail(cursor, target.system, contextOf(target));
      assert.ok(page.ok, `the log can be read: ${page.ok ? '' : page.failure.detail}`);
      return page.value;
    };

    const begun = await read('');
    assert.deepEqual(begun.entries, [], 'the first look begins with what comes after it');
    const plan = await planned(target, responder);
    assert.equal((await executed(target, responder, plan)).outcome, 'applied', 'the act is carried out');
    const isOurs = (entry: TrailEntry) =>
      entry.operation === plan.operation && entry.target === plan.target.immutableId;
    const acted = await readUntil(read, begun.cursor, entries => entries.some(isOurs));
    assert.equal(acted.entries.filter(isOurs).length, 1, 'an act is shown once, by its operation and its target');

    await target.restore();
    const known = new Set(acted.entries.map(({ id }) => id));
    const isNew = ({ id }: TrailEntry) => !known.has(id);
    await during(byHand, async () => {
      const { entries } = await readUntil(read, acted.cursor, all => all.some(isNew));
      assert.ok(entries.some(isNew), 'what was done by hand with the write credential is shown');
    });

    const other = await auditTrail('{"of":"another log"}', target.system, contextOf(target));
    assert.equal(other.ok ? 'a page' : other.failure.code, 'responder.trail_cut', 'a cursor of another log is a cut');
    target.proxy.reset();
    target.proxy.silenceAt(0);
    const impatient = { ...contextOf(target), timeoutMs: SILENT_MS_MAX };
    const silent = await auditTrail(acted.cursor, target.proxied, impatient);
    target.proxy.reset();
    assert.ok(!silent.ok, 'a log that nobody answers for is not an empty one');
  },
};
