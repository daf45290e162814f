import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Frame } from './pages/frame.tsx';
import { NotFound, PageCrashed } from './pages/lost.tsx';
import { QueuePage } from './pages/queue.tsx';

/** Search parts hold short texts only; anything else in an address is dropped. */
function texts<K extends string>(...names: readonly K[]) {
  return (search: Record<string, unknown>): { readonly [N in K]?: string } => {
    const kept: { [N in K]?: string } = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === 'string' && value !== '') kept[name] = value;
      if (typeof value === 'number') kept[name] = String(value);
    }
    return kept;
  };
}

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound, errorComponent: PageCrashed });

const queue = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: QueuePage,
  validateSearch: texts('severity', 'source', 'owner', 'coverage', 'state', 'q', 'sort'),
});
const incident = createRoute({
  getParentRoute: () => root,
  path: '/incidents/$id',
  component: lazyRouteComponent(() => import('./pages/incident.tsx'), 'IncidentPage'),
  // s: statement, e: evidence, p: pointer, tab, from and to: the part of the timeline on screen, q: a question.
  validateSearch: texts('s', 'e', 'p', 'v', 'tab', 'from', 'to', 'q'),
});
const proposal = createRoute({
  getParentRoute: () => root,
  path: '/proposals/$id',
  component: lazyRouteComponent(() => import('./pages/review.tsx'), 'ReviewPage'),
  validateSearch: texts('e', 'p'),
});
const decisions = createRoute({
  getParentRoute: () => root,
  path: '/decisions',
  component: lazyRouteComponent(() => import('./pages/decisions.tsx'), 'DecisionsPage'),
  validateSearch: texts('state'),
});
const signed = createRoute({
  getParentRoute: () => root,
  path: '/proposals/$id/signed/$review',
  component: lazyRouteComponent(() => import('./pages/signed.tsx'), 'SignedPage'),
});
const tasks = createRoute({
  getParentRoute: () => root,
  path: '/tasks',
  component: lazyRouteComponent(() => import('./pages/tasks.tsx'), 'TasksPage'),
});
const together = createRoute({
  getParentRoute: () => root,
  path: '/together',
  component: lazyRouteComponent(() => import('./pages/together.tsx'), 'TogetherPage'),
  // ids: proposals, in the order in which they are signed.
  validateSearch: texts('ids'),
});
const handover = createRoute({
  getParentRoute: () => root,
  path: '/handover',
  component: lazyRouteComponent(() => import('./pages/handover.tsx'), 'HandoverPage'),
  // span: day, week or own; a shift without it. from and to: of an own one.
  validateSearch: texts('span', 'from', 'to'),
});
const reliance = createRoute({
  getParentRoute: () => root,
  path: '/reliance',
  component: lazyRouteComponent(() => import('./pages/reliance.tsx'), 'ReliancePage'),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'AuditPage'),
  validateSearch: texts('proposal', 'type', 'entry'),
});
const health = createRoute({
  getParentRoute: () => root,
  path: '/health',
  component: lazyRouteComponent(() => import('./pages/health.tsx'), 'HealthPage'),
});
const joining = createRoute({
  getParentRoute: () => root,
  path: '/joining',
  component: lazyRouteComponent(() => import('./pages/joining.tsx'), 'JoiningPage'),
});
const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  component: lazyRouteComponent(() => import('./pages/people.tsx'), 'PeoplePage'),
});
const policy = createRoute({
  getParentRoute: () => root,
  path: '/policy',
  component: lazyRouteComponent(() => import('./pages/policy.tsx'), 'PolicyPage'),
});
const playbooks = createRoute({
  getParentRoute: () => root,
  path: '/playbooks',
  component: lazyRouteComponent(() => import('./pages/playbooks.tsx'), 'PlaybooksPage'),
});
const playbook = createRoute({
  getParentRoute: () => root,
  path: '/playbooks/$name',
  component: lazyRouteComponent(() => import('./pages/playbook.tsx'), 'PlaybookPage'),
  // v: the version, by its SHA-256; the one that stands without it.
  validateSearch: texts('v'),
});
const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  component: lazyRouteComponent(() => import('./pages/agents.tsx'), 'AgentsPage'),
});
const machines = createRoute({
  getParentRoute: () => root,
  path: '/machines',
  component: lazyRouteComponent(() => import('./pages/machines.tsx'), 'MachinesPage'),
});
const powers = createRoute({
  getParentRoute: () => root,
  path: '/powers',
  component: lazyRouteComponent(() => import('./pages/powers.tsx'), 'PowersPage'),
  // show: one condition; system: the one whose details are open.
  validateSearch: texts('show', 'system'),
});
const tellMe = createRoute({
  getParentRoute: () => root,
  path: '/tell-me',
  component: lazyRouteComponent(() => import('./pages/tell-me.tsx'), 'TellMePage'),
});
const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  component: lazyRouteComponent(() => import('./pages/models.tsx'), 'ModelsPage'),
});
const modelRecords = createRoute({
  getParentRoute: () => root,
  path: '/models/records',
  component: lazyRouteComponent(() => import('./pages/model-records.tsx'), 'ModelRecordsPage'),
});
const modelRecord = createRoute({
  getParentRoute: () => root,
  path: '/models/records/$id',
  component: lazyRouteComponent(() => import('./pages/model-records.tsx'), 'ModelRecordPage'),
});
const enrol = createRoute({
  getParentRoute: () => root,
  path: '/enrol',
  component: lazyRouteComponent(() => import('./pages/enrol.tsx'), 'EnrolPage'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
  validateSearch: texts('to'),
});

/** All pages. The first load holds the frame and the queue; every other page comes when it is opened. */
export const router = createRouter({
  routeTree: root.addChildren([
    queue,
    incident,
    proposal,
    decisions,
    signed,
    tasks,
    together,
    handover,
    reliance,
    audit,
    health,
    joining,
    people,
    policy,
    playbooks,
    playbook,
    agents,
    machines,
    powers,
    tellMe,
    models,
    modelRecords,
    modelRecord,
    enrol,
    signIn,
  ]),
  defaultPreload: 'intent',
  defaultPendingMs: 300,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
