import { Hono } from 'hono';
import { z } from 'zod';
import type { ServerContext } from '../app/context.ts';
import { hiddenOf } from '../app/drills/sight.ts';
import type { ProposalHistory } from '../app/history.ts';
import { listLeases } from '../app/leases/view.ts';
import { beginBatch, finishBatch } from '../app/proposals/batch.ts';
import { viewBudget } from '../app/proposals/budget.ts';
import { EVALUATION_CHARS_MAX } from '../app/proposals/draft-own.ts';
import type { ListTools } from '../app/proposals/draft-tools.ts';
import { explainedNow } from '../app/proposals/explained.ts';
import { beginFinding, finishFinding } from '../app/proposals/finding.ts';
import { listGlass } from '../app/proposals/glass-view.ts';
import { openEvidence } from '../app/proposals/opened.ts';
import { requestProposal, reviseProposal } from '../app/proposals/propose.ts';
import { beginReview, finishReview, withdrawProposal } from '../app/proposals/review.ts';
import { listSecondLooks } from '../app/proposals/second-look.ts';
import type { ReadStudy } from '../app/proposals/study.ts';
import { listProposals, viewProposal } from '../app/proposals/view.ts';
import type { Result } from '../base/result.ts';
import type {
  BatchBegin,
  BatchFinish,
  ProposalRequest,
  ReviewBegin,
  ReviewFinish,
  ReviseRequest,
} from '../model/api.ts';
import { FAILURES, type Failure, type FailureCode } from '../model/failure.ts';
import { CLOSE_OUTCOMES } from '../model/incident.ts';
import { PLAYBOOK_CHARS_MAX } from '../model/playbook.ts';
import { POLICY_CHARS_MAX } from '../model/policy.ts';
import { MOVES, type ProposalState } from '../model/proposal.ts';
import { SCOPE_CHARS_MAX, SCOPE_KINDS, SUPPRESS_DAYS_MAX } from '../model/suppression.ts';
import { TOOL_CLASSES, TOOL_NAME_CHARS_MAX, UPSTREAM_NAME } from '../model/tool.ts';
import { TASK_REQUEST } from './conversation.ts';
import {
  allow,
  allowPerson,
  bodyOf,
  type DoorContext,
  type Frame,
  must,
  personWhoAsks,
  queryOf,
  refuse,
} from './door.ts';
import { hideDrills } from './hide-drills.ts';
import { ASSERTION, BASE64URL, ID, LIMIT, PERSON_SIGNATURE, REASON } from './schemas.ts';

const HEX_64 = z.string().regex(/^[0-9a-f]{64}$/);
const OPTION = z.string().min(1).max(1_024);
const REQUEST: z.ZodType<ProposalRequest> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('option'),
    incident: ID('inc') as z.ZodType<`inc_${string}`>,
    option: OPTION,
    leaseHours: z.int().min(1).max(8_760).optional(),
  }),
  z.strictObject({ kind: z.literal('undo'), of: ID('prp') as z.ZodType<`prp_${string}`> }),
  z.strictObject({
    kind: z.literal('close'),
    incident: ID('inc') as z.ZodType<`inc_${string}`>,
    outcome: z.enum(CLOSE_OUTCOMES),
  }),
  z.strictObject({
    kind: z.literal('suppress'),
    alert: ID('alr') as z.ZodType<`alr_${string}`>,
    entity: z.strictObject({ kind: z.enum(SCOPE_KINDS), value: z.string().min(1).max(SCOPE_CHARS_MAX) }),
    days: z.int().min(1).max(SUPPRESS_DAYS_MAX),
    why: z.string().trim().min(1).max(SCOPE_CHARS_MAX),
  }),
  z.strictObject({ kind: z.literal('playbook'), text: z.string().min(1).max(PLAYBOOK_CHARS_MAX) }),
  z.strictObject({ kind: z.literal('policy'), text: z.string().min(1).max(POLICY_CHARS_MAX) }),
  z.strictObject({
    kind: z.literal('tools'),
    upstream: z.string().regex(UPSTREAM_NAME),
    tools: z.record(z.string().min(1).max(TOOL_NAME_CHARS_MAX), z.enum(TOOL_CLASSES)),
  }),
  z.strictObject({
    kind: z.literal('prompt'),
    prompt: z.string().regex(/^[a-z]{1,32}$/),
    version: z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
    evaluation: z.string().trim().min(1).max(EVALUATION_CHARS_MAX),
  }),
]);
const REVISE: z.ZodType<ReviseRequest> = z.strictObject({ option: OPTION });
const BEGIN: z.ZodType<ReviewBegin> = z.strictObject({
  verdict: z.enum(['approve', 'reject', 'ask_for_more', 'revoke', 'break_glass']),
  revision: z.int().min(1),
  actDigest: HEX_64,
  presentationDigest: HEX_64,
  reason: REASON,
  acknowledged: z.array(z.string().max(1_024)).max(200),
  task: TASK_REQUEST.optional(),
});
const FINISH: z.ZodType<ReviewFinish> = z.strictObject({
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  signature: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('passkey'), assertion: ASSERTION }),
    z.strictObject({
      kind: z.literal('session'),
      session: ID('ses') as z.ZodType<`ses_${string}`>,
      signature: BASE64URL,
    }),
    z.strictObject({ kind: z.literal('browser_key'), credentialId: BASE64URL, signature: BASE64URL }),
  ]),
});
/** Longer lists are not even read; how many may be signed together is said by their tier. */
const MEMBERS_READ_MAX = 100;
const BATCH_BEGIN: z.ZodType<BatchBegin> = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  reason: REASON,
  members: z
    .array(
      z.strictObject({
        proposal: ID('prp') as z.ZodType<`prp_${string}`>,
        revision: z.int().min(1),
        actDigest: HEX_64,
        presentationDigest: HEX_64,
        acknowledged: z.array(z.string().max(1_024)).max(200),
      }),
    )
    .max(MEMBERS_READ_MAX),
});
const BATCH_FINISH: z.ZodType<BatchFinish> = z.strictObject({
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  signature: PERSON_SIGNATURE,
});
const FINDING = z.strictObject({
  finds: z.enum(['succeeded', 'failed', 'verified', 'justified', 'unjustified']),
  reason: REASON,
});
const FINDING_SIGNED = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/), signature: PERSON_SIGNATURE });
const STATES = Object.keys(MOVES) as ProposalState[];
const LIST = z.object({
  state: z.string().max(200).optional(),
  cursor: ID('prp').optional(),
  limit: LIMIT(200, 50),
});

export interface ProposalRoutes {
  readonly context: ServerContext;
  readonly readStudy: ReadStudy;
  readonly history: ProposalHistory;
  /** How the tools of an upstream are asked for; absent where there is no gateway. */
  readonly listTools?: ListTools;
}

/**
 * Mounted at /api/v1/proposals. Every change needs a person who signed in: a token, an API key or an agent can read here
 * and, at most, propose; a review by one of them does not exist as a route (AUT-05, SOD-02).
 */
export function proposalRoutes({ context, readStudy, history, listTools }: ProposalRoutes): Hono<Frame> {
  const answer = async (c: DoorContext, id: string) => {
    const view = await viewProposal(context, id, personWhoAsks(c));
    if (view === undefined) return refuse('not_found', id);
    const explained = await explainedNow(view, readStudy, history);
    return c.json(explained === undefined ? view : { ...view, explained });
  };
  return new Hono<Frame>()
    .use('/:id', hideDrills(context))
    .use('/:id/*', hideDrills(context))
    .get('/', async c => {
      await allow(c, context, 'read');
      const query = queryOf(c, LIST);
      const states = (query.state ?? '').split(',').filter(state => state !== '');
      if (!states.every((state): state is ProposalState => STATES.includes(state as ProposalState)))
        refuse('request.malformed', 'unknown state');
      return c.json(
        await listProposals(context, states as ProposalState[], query.limit, query.cursor, personWhoAsks(c)),
      );
    })
    .post('/', async c => {
      const person = await allowPerson(c, context, 'propose');
      const made = await requestProposal(
        context,
        readStudy,
        person,
        await bodyOf(c, REQUEST),
        listTools === undefined ? {} : { listTools },
      );
      return refusedWithReasons(c, made) ?? answer(c, must(made));
    })
    .get('/attention', async c => {
      await allow(c, context, 'read');
      return c.json(await viewBudget(context, personWhoAsks(c)));
    })
    .post('/batches/begin', async c => {
      const person = await allowPerson(c, context, 'read');
      const batch = await bodyOf(c, BATCH_BEGIN);
      const hidden = await hiddenOf(
        context,
        batch.members.map(({ proposal }) => proposal),
        person,
      );
      for (const id of hidden) refuse('not_found', id);
      return c.json(must(await beginBatch(context, person, batch)));
    })
    .post('/batches/finish', async c => {
      const person = await allowPerson(c, context, 'read');
      return c.json({ proposals: must(await finishBatch(context, person, await bodyOf(c, BATCH_FINISH))) });
    })
    .get('/:id', async c => {
      await allow(c, context, 'read');
      return answer(c, c.req.param('id'));
    })
    .post('/:id/revise', async c => {
      const person = await allowPerson(c, context, 'propose');
      const { option } = await bodyOf(c, REVISE);
      const revised = await reviseProposal(context, readStudy, person, c.req.param('id'), option);
      const refused = refusedWithReasons(c, revised);
      if (refused !== undefined) return refused;
      must(revised);
      return answer(c, c.req.param('id'));
    })
    .post('/:id/withdraw', async c => {
      const person = await allowPerson(c, context, 'propose');
      const { reason } = await bodyOf(c, z.strictObject({ reason: REASON }));
      must(await withdrawProposal(context, person, c.req.param('id'), reason));
      return answer(c, c.req.param('id'));
    })
    .post('/:id/evidence-opened', async c => {
      const person = await allowPerson(c, context, 'read');
      const { evidence } = await bodyOf(c, z.strictObject({ evidence: ID('evd') }));
      must(await openEvidence(context, person, c.req.param('id'), evidence));
      return answer(c, c.req.param('id'));
    })
    .post('/:id/finding/begin', async c => {
      const person = await allowPerson(c, context, 'read');
      const { finds, reason } = await bodyOf(c, FINDING);
      return c.json(must(await beginFinding(context, person, c.req.param('id'), finds, reason)));
    })
    .post('/:id/finding/finish', async c => {
      const person = await allowPerson(c, context, 'read');
      const { nonce, signature } = await bodyOf(c, FINDING_SIGNED);
      must(await finishFinding(context, person, c.req.param('id'), nonce, signature));
      return answer(c, c.req.param('id'));
    })
    .post('/:id/reviews/begin', async c => {
      const person = await allowPerson(c, context, 'read');
      return c.json(must(await beginReview(context, person, c.req.param('id'), await bodyOf(c, BEGIN))));
    })
    .post('/:id/reviews/finish', async c => {
      const person = await allowPerson(c, context, 'read');
      must(await finishReview(context, person, c.req.param('id'), await bodyOf(c, FINISH)));
      return answer(c, c.req.param('id'));
    });
}

/** Mounted at /api/v1/break-glass. */
export function glassRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await listGlass(context, personWhoAsks(c)));
  });
}

/** Mounted at /api/v1/leases. */
export function leaseRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await listLeases(context));
  });
}

/** Mounted at /api/v1/second-looks. */
export function secondLookRoutes(context: ServerContext): Hono<Frame> {
  return new Hono<Frame>().get('/', async c => {
    await allow(c, context, 'read');
    return c.json(await listSecondLooks(context, personWhoAsks(c)));
  });
}

/** Of these, whoever asked is told why: they read the same incident and the same inbox. */
const TOLD: readonly FailureCode[] = ['proposal.not_explained', 'proposal.throttled'];

function refusedWithReasons(c: DoorContext, done: Result<unknown, Failure>): Response | undefined {
  if (done.ok || !TOLD.includes(done.failure.code)) return undefined;
  const { http, shown } = FAILURES[done.failure.code];
  return c.json(
    { code: done.failure.code, shown, requestId: c.get('requestId'), because: done.failure.detail },
    http as 422 | 429,
  );
}
