import { fail, ok, type Result } from '../../base/result.ts';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { httpReadFailure } from '../shared/http/ask-http.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type OauthSettings, readSettings } from './config.ts';
import { type Found, findToken, holderOf, isOurs } from './find.ts';
import { selfContained } from './held.ts';
import { operationNamed } from './manifest.ts';
import { type TokenState, tried } from './server.ts';

/** The change that is foretold only where the token was seen to be taken, and where its end can be seen. */
export const TAKEN_PATH = 'resource.takesToken';

/** Looks at a token as the client that only reads, tries it, and says what revoking it would end. Changes nothing. */
export async function planRevocation(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined)
    return fail(
      failureOf('proposal.not_expressible', `oauth-token: there is no operation ${shownText(request.operation)}`),
    );
  const secret = await context.readCredential();
  const asking = { settings: settings.value, secret, timeoutMs: context.timeoutMs };
  try {
    const found = await findToken(asking, request.target);
    if (found === 'none') return fail(failureOf('proposal.target_not_found', 'oauth-token: no such token is held'));
    if (found === 'several')
      return fail(
        failureOf(
          'proposal.target_ambiguous',
          'oauth-token: several live tokens of it are held; name one by its SHA-256',
        ),
      );
    const { resource } = settings.value;
    const isTaken =
      found.state.active === 'true' && resource !== undefined
        ? (await tried(resource, found.held.secret, context.timeoutMs)) === 'taken'
        : false;
    return ok(describe(operation.version, system.system, settings.value, found, isTaken, context.now()));
  } catch (error) {
    return fail(httpReadFailure('oauth-token', error, [secret]));
  }
}

/** What no authorization server tells. Shown with every plan. */
const UNKNOWN = [
  'Resources that remember what they were told of the token, or that check its signature alone.',
  'Other tokens that were made with it, and copies of what was read with it.',
  'Who else uses the token rightly.',
] as const;

const CHARS_SHOWN = 12;

function describe(
  operationVersion: string,
  system: string,
  settings: OauthSettings,
  { held, state }: Found,
  isTaken: boolean,
  now: number,
): Plan {
  const signed = selfContained(held.secret.reveal());
  const holder = holderOf(state);
  return sealPlan({
    operation: 'revoke',
    operationVersion,
    target: { type: 'oauth_token', system, immutableId: held.sha256 },
    facts: {
      // The account that the inventory knows; which of its tokens it is stands beside it.
      displayName: shownText(holder === '' ? held.sha256 : holder),
      title: shownText(
        `token ${held.sha256.slice(0, CHARS_SHOWN)}… issued to ${state.client === '' ? 'a client that is not told' : state.client}`,
      ),
      isPrivileged: 'unknown',
      isMachine:
        state.active === 'true' && (state.subject === '' || state.subject === state.client) ? 'yes' : 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: isOurs(settings, state),
    },
    params: {},
    preconditions: [
      { path: 'token.active', value: state.active },
      { path: 'token.client', value: state.client },
      { path: 'token.subject', value: state.subject },
    ],
    changes: [
      { path: 'token.active', from: state.active, to: 'false' },
      ...(isTaken && signed === undefined ? [{ path: TAKEN_PATH, from: 'true', to: 'false' }] : []),
    ],
    blast: { direct: directTexts(state), dependents: dependentTexts(state, signed !== undefined), unknown: UNKNOWN },
    sideEffects: [
      'The token was tried where the setting `resource` says, if it says so: that stands in the log there.',
    ],
    refusals: refusalsOf(settings, state, signed, now),
    dryRun: 'predicted',
  });
}

function directTexts({ active, client, subject, username, scope, expiresAt }: TokenState): readonly string[] {
  if (active === 'false') return [];
  const until = expiresAt === undefined ? 'no end that is told' : `until ${rfc3339(unixMsFrom(expiresAt))}`;
  return [
    shownText(`Whoever holds it acts as ${[username, subject].find(text => text !== '') ?? client}, ${until}.`),
    shownText(`It may: ${scope === '' ? 'what the server does not tell' : scope}.`),
  ];
}

function dependentTexts({ type }: TokenState, isSigned: boolean): readonly string[] {
  return [
    ...(type === '' ? ['It may be a refresh token: then the access tokens of the same grant mostly end with it.'] : []),
    ...(isSigned ? ['It is a signed token: resources that ask nobody go on taking it until it expires.'] : []),
  ];
}

function refusalsOf(
  settings: OauthSettings,
  state: TokenState,
  signed: { readonly expiresAt: number } | undefined,
  now: number,
): Plan['refusals'] {
  if (state.active === 'false')
    return signed !== undefined && signed.expiresAt > now
      ? [
          {
            reason: 'not_expressible',
            text: 'The server does not know it as live, and it is a signed token that has not expired: revoking it ends nothing. Change the signing key, or end the session that it came from.',
          },
        ]
      : [
          {
            reason: 'already_in_effect',
            text: 'The server says that the token is not live. It says so of unknown ones, too.',
          },
        ];
  return [
    ...(isOurs(settings, state)
      ? [{ reason: 'own_identity' as const, text: 'Countersign itself comes with this token.' }]
      : []),
    ...(settings.revokes === 'own' && state.client !== settings.writeClient
      ? [
          {
            reason: 'missing_scope' as const,
            text: shownText(
              `It was issued to ${state.client === '' ? 'a client that is not told' : state.client}, and ${settings.writeClient} may revoke its own tokens alone.`,
            ),
          },
        ]
      : []),
  ];
}
