import {
  ANSWER_ROWS_MAX,
  ANSWER_ROWS_USUAL,
  type AskForms,
  QUESTION_CHARS_MAX,
  type Query,
} from '../../../model/query.ts';
import { ASKED_PREDICATES, PREDICATE_TITLES } from './lexicon.ts';
import { GROUPINGS, INVOLVED_ROLES, SEVERITIES } from './query-schema.ts';
import { groupingTitle } from './query-text.ts';

const limit = ANSWER_ROWS_USUAL;
const form = (title: string, begin: Query, ...parts: readonly string[]): AskForms['forms'][number] => ({
  form: begin.form,
  title,
  parts,
  begin,
});

/** What the builder offers: every form with its parts, and the closed lists that they are chosen from. */
export const ASK_FORMS: AskForms = {
  forms: [
    form('Alerts', { form: 'alerts', where: {}, order: 'first', limit }, 'where', 'order', 'limit'),
    form(
      'Values in alerts',
      { form: 'values', where: {}, of: { by: 'entity', kinds: ['host'] }, order: 'most', limit },
      'of',
      'where',
      'order',
      'limit',
    ),
    form('How many', { form: 'count', where: {} }, 'where'),
    form('Who was involved', { form: 'entities', roles: [], kinds: [], limit }, 'roles', 'kinds', 'limit'),
    form('Who held it', { form: 'held', entity: 'ip:', limit }, 'entity', 'at', 'limit'),
    form(
      'Before and after',
      {
        form: 'around',
        anchor: { kind: 'first', where: {} },
        side: 'after',
        withinMs: 86_400_000,
        where: {},
        limit,
      },
      'side',
      'anchor',
      'where',
      'limit',
    ),
    form('What was heard', { form: 'coverage', only: 'all', limit }, 'only', 'stream', 'span', 'limit'),
    form('What was decided', { form: 'decisions', what: 'proposals', limit }, 'what', 'target', 'limit'),
    form('How common it is', { form: 'prevalence', entity: 'ip:' }, 'entity'),
    form('What is not there', { form: 'absent', where: {} }, 'where'),
  ],
  predicates: ASKED_PREDICATES.map(value => ({ value, title: PREDICATE_TITLES[value] ?? value })),
  groupings: GROUPINGS.map(value => ({ value, title: groupingTitle(value) })),
  orders: [
    { value: 'first', title: 'earliest first' },
    { value: 'last', title: 'latest first' },
    { value: 'gravest', title: 'gravest first' },
    { value: 'most', title: 'most frequent first' },
    { value: 'best', title: 'best match first' },
  ],
  severities: SEVERITIES,
  roles: INVOLVED_ROLES,
  limits: { rows: ANSWER_ROWS_MAX, questionChars: QUESTION_CHARS_MAX },
};
