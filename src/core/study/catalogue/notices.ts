import type { CatalogueKind } from './kind.ts';

interface NoticeWords {
  readonly title: string;
  readonly does: string;
  readonly how: string;
  readonly residue: readonly string[];
}

/** Words of the four kinds that tell people and start nothing. */
const NOTICE_WORDS: { readonly [id in 'ticket' | 'comment' | 'tag' | 'notify']: NoticeWords } = {
  ticket: {
    title: 'Open a ticket',
    does: 'People of a queue that starts no automation find it there.',
    how: 'Cancel the ticket.',
    residue: ['That it was read.'],
  },
  comment: {
    title: 'Add a comment',
    does: 'A labelled comment in plain text stands under the case.',
    how: 'Strike it through.',
    residue: ['That it was read.'],
  },
  tag: {
    title: 'Tag the case',
    does: 'A tag that no rule reads stands on the case.',
    how: 'Take the tag off.',
    residue: [],
  },
  notify: {
    title: 'Tell somebody',
    does: 'A recipient who is on the list gets a message of our template.',
    how: 'Send a correction.',
    residue: ['What was sent was sent.'],
  },
};

function noticeKind(id: keyof typeof NOTICE_WORDS): CatalogueKind {
  const { title, does, how, residue } = NOTICE_WORDS[id];
  return {
    id,
    title,
    purpose: 'keeps_house',
    does,
    preconditions: ['The recipient or the queue is on the list.', 'No automation reads it.'],
    evidence: { predicates: [], entities: [] },
    blastQuestion: 'Does anything start by itself when this is written there?',
    undo: { by: id, how, window: 'At any time.' },
    residue,
    costOfWaiting: 'Nobody who should know does.',
    doesNotStop: ['Everything: it stops nothing.'],
    tierRule: { kind: 'notice' },
    never: ['With a secret or a person’s data in it.'],
    d3fend: [],
    react: id === 'notify' ? ['RA4001'] : [],
    helps: { hypotheses: [], tactics: [] },
    doneIn: 'the notices of this installation',
  };
}

/** Kinds that only tell people, and start nothing. */
export const NOTICE_KINDS: readonly CatalogueKind[] = (['ticket', 'comment', 'tag', 'notify'] as const).map(noticeKind);
