import { createHash } from 'node:crypto';
import { canonical } from '../../base/canonical.ts';
import { presentCoverage } from '../../core/decide/present.ts';
import { toldBy } from '../../core/study/told.ts';
import { OWN_SYSTEM } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import type { Draft } from './draft.ts';
import type { IncidentStudy } from './study.ts';

type Plain = Pick<Draft, 'proposal' | 'revision' | 'incident' | 'undoes' | 'undoesTier' | 'coverage' | 'explained'>;

/** What a draft has that undoes nothing, is of no incident and rests on no telemetry. */
export function plainDraft(proposal: Draft['proposal']): Plain {
  return {
    proposal,
    revision: 1,
    incident: '',
    undoes: undefined,
    undoesTier: undefined,
    coverage: { status: 'not_needed', gaps: [] },
    explained: 'needs_none',
  };
}

/** An act on this installation itself, by the word of a person: who proposes it contributes. */
export function ownAct(
  person: Person,
  proposal: Draft['proposal'],
  { operation, target, params }: Pick<Draft, 'operation' | 'target' | 'params'>,
): Plain & Omit<Draft, 'citations' | 'says' | keyof Plain> {
  return {
    ...plainDraft(proposal),
    origin: { kind: 'person', by: person.id },
    contributors: [person.id],
    responder: 'countersign',
    system: OWN_SYSTEM,
    operation,
    target,
    params,
  };
}

type Cited = Pick<Draft, 'citations' | 'says'>;

/** Keeps what was brought as a record, and cites each field of it with what the field is: reviewers open it as they open every record. */
export async function citedRecord<T extends { readonly [field: string]: string }>(
  context: ServerContext,
  record: T,
  says: { readonly [K in keyof T]: string },
): Promise<Cited> {
  const evidence = await keepRecord(context, record);
  return {
    citations: Object.entries(record).map(([field, value]) => ({ evidence, pointer: `/${field}`, value })),
    says: new Map(Object.entries(says).map(([field, said]) => [`${evidence}/${field}`, said])),
  };
}

/** Keeps what somebody brought as a record of its own, which came in no batch. A proposal that is then refused leaves it behind. */
async function keepRecord(
  context: ServerContext,
  record: { readonly [field: string]: string },
): Promise<`evd_${string}`> {
  const id = context.newId('evidence');
  const bytes = Buffer.from(canonical(record), 'utf8');
  await context.pool.query(
    'INSERT INTO evidence (tenant_id, id, sha256, bytes, source, received_at, batch_id) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [context.tenant, id, createHash('sha256').update(bytes).digest(), bytes, OWN_SYSTEM, new Date(context.now()), ''],
  );
  return id;
}

/** Statements of a summary whose records stand with an act about its incident. */
const CLAIMS_CITED_MAX = 6;

/** What the incident is about, with its records, and what is missing of it. */
export function citedStory({ summary }: IncidentStudy): Cited & Pick<Draft, 'coverage'> {
  const { headline, story, coverage, gaps } = summary;
  const told = [headline, ...toldBy(story)].slice(0, CLAIMS_CITED_MAX);
  return {
    citations: told.flatMap(claim => claim.citations),
    says: new Map(
      told.flatMap(claim =>
        claim.citations.map(citation => [`${citation.evidence}${citation.pointer}`, claim.text] as const),
      ),
    ),
    coverage: presentCoverage(coverage, gaps),
  };
}
