import type { Hono } from 'hono';
import type { ChangeParts } from '../app/incident-changes.ts';
import type { ServerParts } from '../app/server-process.ts';
import { actRoutes } from './acts.ts';
import { agentRoutes } from './agents.ts';
import { aiRoutes, assistRoutes } from './ai.ts';
import { providerRoutes } from './ai-providers.ts';
import { askFormRoutes, askRoutes } from './ask.ts';
import { conversationRoutes, signedRoutes, taskRoutes } from './conversation.ts';
import { delegationRoutes } from './delegations.ts';
import type { Frame } from './door.ts';
import { enrichmentHealthRoutes, enrichmentRoutes } from './enrichment.ts';
import { enrolRoutes } from './enrol.ts';
import { eventRoutes } from './events.ts';
import { evidenceRoutes } from './evidence.ts';
import { gatewayHttpRoutes } from './gateway-http.ts';
import { handoverRoutes } from './handover.ts';
import { frame } from './http.ts';
import { incidentRoutes } from './incidents.ts';
import { fileRoutes, pushRoutes } from './ingest.ts';
import { inventoryRoutes } from './inventory.ts';
import { fingerprintRoutes, joiningRoutes } from './joining.ts';
import { killSwitchRoutes } from './kill-switch.ts';
import { logRoutes, tileRoutes } from './log.ts';
import { machineRoutes } from './machines.ts';
import { markRoutes } from './mark.ts';
import { gatewayRoutes, upstreamRoutes } from './mcp/gateway.ts';
import { mcpRoutes } from './mcp/server.ts';
import { answerMe, readHealth } from './me.ts';
import { Metrics, metricsRoutes } from './metrics.ts';
import { noticeRoutes, tellMeRoutes } from './notices.ts';
import { openApi } from './openapi.ts';
import { invitationRoutes, peopleRoutes } from './people.ts';
import { personChangeRoutes } from './person-changes.ts';
import { playbookRoutes } from './playbooks.ts';
import { policyRoutes } from './policy.ts';
import { powerRoutes } from './powers.ts';
import { glassRoutes, leaseRoutes, proposalRoutes, secondLookRoutes } from './proposals.ts';
import { relianceRoutes } from './reliance.ts';
import { searchRoutes } from './search.ts';
import { sessionRoutes } from './session.ts';
import { coverageRoutes, quarantineRoutes, sourceRoutes } from './sources.ts';
import { staticRoutes } from './static.ts';
import { suppressionRoutes } from './suppressions.ts';
import { trailRoutes } from './trails.ts';

/** Every door of the server, in its frame. */
export function createApp(parts: ServerParts & ChangeParts): Hono<Frame> {
  const { context, secrets, study } = parts;
  const metrics = new Metrics();
  metrics.watch(parts);
  const sessionKey = Buffer.from(secrets.sessionKey, 'base64url');
  const app = frame({
    context,
    port: secrets.port,
    sessionKey,
    cliTokenSha256: secrets.cliTokenSha256,
    onAnswer: (method, route, status, seconds) => metrics.answered(method, route, status, seconds),
  });
  const readStudy = async (incident: string) => {
    const studied = await study.studyOf(incident as `inc_${string}`);
    return studied.ok ? studied.value : undefined;
  };
  app.get('/healthz', c => c.json({ live: true }));
  app.get('/readyz', async c => {
    const health = await readHealth(parts);
    const isReady = health.every(item => item.status !== 'down' || item.name === 'search_index');
    // To strangers only whether, and to nobody why: that is for those who signed in.
    return c.json({ ready: isReady }, isReady ? 200 : 503);
  });
  app.get('/openapi.json', c => c.json(openApi(secrets.programVersion)));
  app.get('/api/v1/me', c => answerMe(c, parts, sessionKey));
  app.route('/api/v1/enrol', enrolRoutes(context));
  app.route(
    '/api/v1/session',
    sessionRoutes(context, c => answerMe(c, parts, sessionKey)),
  );
  app.route('/api/v1/people', peopleRoutes(context));
  app.route('/api/v1/person-changes', personChangeRoutes(context));
  app.route('/api/v1/invitations', invitationRoutes(context));
  app.route('/api/v1/incidents', incidentRoutes(parts, parts));
  app.route('/api/v1/incidents', enrichmentRoutes(parts));
  app.route('/api/v1/incidents', askRoutes(parts));
  app.route('/api/v1/ask', askFormRoutes(parts));
  app.route('/api/v1/incidents', assistRoutes(parts));
  app.route('/api/v1/agents', agentRoutes(context));
  app.route('/api/v1/machines', machineRoutes(context, secrets.folder));
  app.route('/api/v1/trails', trailRoutes(context));
  app.route('/api/v1/powers', powerRoutes(context));
  app.route('/mcp', mcpRoutes({ ...parts, readStudy }, secrets.programVersion));
  app.route('/gateway', gatewayRoutes(context, parts.gateway, secrets.programVersion));
  app.route('/gateway', gatewayHttpRoutes(context, parts.gateway));
  app.route('/api/v1/gateway', upstreamRoutes(context, parts.gateway));
  app.route('/api/v1/ai', aiRoutes(parts));
  app.route('/api/v1/ai/providers', providerRoutes(parts));
  app.route('/api/v1/enrichment', enrichmentHealthRoutes(parts));
  app.route('/api/v1/evidence', evidenceRoutes(parts));
  app.route('/api/v1/evidence', markRoutes(parts));
  app.route('/api/v1/search', searchRoutes(parts));
  app.route('/api/v1/handover', handoverRoutes(parts));
  app.route('/api/v1/sources', sourceRoutes(parts));
  app.route('/api/v1/joining', joiningRoutes(parts));
  app.route('/api/v1/fingerprints', fingerprintRoutes(parts));
  app.route('/api/v1/quarantine', quarantineRoutes(parts));
  app.route('/api/v1/coverage', coverageRoutes(parts));
  app.route('/api/v1/inventory', inventoryRoutes(parts));
  app.route('/api/v1/delegations', delegationRoutes(context));
  app.route('/api/v1/playbooks', playbookRoutes(context, readStudy));
  app.route('/api/v1/suppressions', suppressionRoutes(context));
  app.route('/api/v1/policy', policyRoutes(parts));
  app.route('/api/v1/break-glass', glassRoutes(context));
  app.route('/api/v1/leases', leaseRoutes(context));
  app.route('/api/v1/second-looks', secondLookRoutes(context));
  app.route(
    '/api/v1/proposals',
    proposalRoutes({ context, readStudy, history: study.history, listTools: parts.gateway.listTools }),
  );
  app.route('/api/v1/proposals', conversationRoutes(context));
  app.route('/api/v1/reviews', signedRoutes(context));
  app.route('/api/v1/tasks', taskRoutes(context, readStudy));
  app.route('/api/v1/tell-me', tellMeRoutes(parts));
  app.route('/api/v1/notices', noticeRoutes(parts));
  app.route('/api/v1/reliance', relianceRoutes(context));
  app.route('/api/v1/acts', actRoutes(context, secrets.programVersion));
  app.route('/api/v1/log', logRoutes(parts));
  app.route('/api/v1/kill-switch', killSwitchRoutes(parts));
  app.route('/api/v1/events', eventRoutes(parts));
  app.route('/api/v1/ingest', fileRoutes(parts, metrics));
  app.route('/ingest', pushRoutes(parts, metrics));
  app.route('/log', tileRoutes(parts));
  app.route('/metrics', metricsRoutes(parts, metrics));
  app.route('/', staticRoutes(context, secrets.webFolder));
  return app;
}
