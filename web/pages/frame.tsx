import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { Me } from '../../src/model/api.ts';
import { openLive, useLive } from '../api/live.ts';
import { meQuery } from '../api/queries.ts';
import {
  IconAgent,
  IconAudit,
  IconDecisions,
  IconHandover,
  IconHealth,
  IconModel,
  IconMoon,
  IconPeople,
  IconPlaybook,
  IconPolicy,
  IconQueue,
  IconSearch,
  IconSun,
} from '../parts/icons.tsx';
import { listenToKeys, useKeys } from '../parts/keys.ts';
import { KeysHelp } from '../parts/keys-help.tsx';
import { onSearch } from '../parts/open-search.ts';
import { Degraded, Failed, PageLoading } from '../parts/states.tsx';
import { KillSwitch } from './kill-switch.tsx';
import { PersonMenu } from './person-menu.tsx';

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }));

const DOORS: ReadonlySet<string> = new Set(['/enrol', '/sign-in']);

/** What stands around every page: the rail, the bar with what concerns everybody, and the keyboard. */
export function Frame() {
  const me = useQuery(meQuery);
  const path = useRouterState({ select: state => state.location.pathname });
  // What is on screen, not what is being gone to: until the sign-in has loaded, the page before it must not come up.
  const isDoor = useRouterState({ select: state => state.matches.some(match => DOORS.has(match.routeId)) });
  const isSignedIn = me.data?.person != null;
  const navigate = useNavigate();
  useEffect(() => listenToKeys(), []);
  useEffect(() => {
    if (isSignedIn) openLive();
  }, [isSignedIn]);
  useEffect(() => {
    if (me.data !== undefined && me.data.person === null && !DOORS.has(path)) {
      void navigate({ to: '/sign-in', search: { to: path }, replace: true });
    }
  }, [me.data, navigate, path]);
  useEffect(() => {
    document.title = titleOf(path, me.data);
  }, [path, me.data]);

  if (me.isError && me.data === undefined) {
    return (
      <main className="page narrow">
        <h1>Countersign</h1>
        <Failed error={me.error} what="who you are" retry={() => void me.refetch()} />
      </main>
    );
  }
  if (me.data === undefined) return <PageLoading title="Countersign" what="the page" />;
  if (isDoor || !isSignedIn) return <Door me={me.data} isDoor={isDoor} />;
  return <Workbench me={me.data} isStale={me.isError} />;
}

function titleOf(path: string, me: Me | undefined): string {
  const place = path === '/' ? 'Queue' : path.split('/').filter(Boolean).slice(0, 2).join(' ');
  const waiting = me === undefined || me.counts.inReview === 0 ? '' : `(${me.counts.inReview}) `;
  return `${waiting}${place.charAt(0).toUpperCase()}${place.slice(1)} · Countersign`;
}

/** Enrolment and sign-in: no rail, nothing to wander off to. */
function Door({ me, isDoor }: { readonly me: Me; readonly isDoor: boolean }) {
  return (
    <div className="door">
      <header className="door-head">
        <Mark />
        <span className="door-name">Countersign</span>
        {me.isDemo && <span className="badge">demo</span>}
        <span className="spacer" />
        <ThemeToggle />
      </header>
      {/* Any other page would ask for what nobody may see yet; the way to the sign-in is already taken. */}
      {isDoor && (
        <Suspense>
          <Outlet />
        </Suspense>
      )}
    </div>
  );
}

function Workbench({ me, isStale }: { readonly me: Me; readonly isStale: boolean }) {
  const navigate = useNavigate();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [asked, setAsked] = useState('');
  useEffect(
    () =>
      onSearch(query => {
        setAsked(query);
        setPaletteOpen(true);
      }),
    [],
  );
  useKeys([
    { keys: 'g q', label: 'Go to the queue', run: () => void navigate({ to: '/' }) },
    { keys: 'g d', label: 'Go to decisions', run: () => void navigate({ to: '/decisions' }) },
    { keys: 'g t', label: 'Go to your tasks', run: () => void navigate({ to: '/tasks' }) },
    { keys: 'g a', label: 'Go to the audit log', run: () => void navigate({ to: '/audit' }) },
    { keys: 'g h', label: 'Go to health', run: () => void navigate({ to: '/health' }) },
    { keys: 'g o', label: 'Go to the handover of this shift', run: () => void navigate({ to: '/handover' }) },
    {
      keys: 'g w',
      label: 'Go to the handover of the week',
      run: () => void navigate({ to: '/handover', search: { span: 'week' } }),
    },
    {
      keys: 'g r',
      label: 'Go to reviewing: your figures, the team, the load',
      run: () => void navigate({ to: '/reliance' }),
    },
    { keys: 'g p', label: 'Go to people', run: () => void navigate({ to: '/people' }) },
    { keys: 'g y', label: 'Go to the policy', run: () => void navigate({ to: '/policy' }) },
    { keys: 'g k', label: 'Go to playbooks', run: () => void navigate({ to: '/playbooks' }) },
    { keys: 'g b', label: 'Go to agents', run: () => void navigate({ to: '/agents' }) },
    { keys: 'g i', label: 'Go to machine identities', run: () => void navigate({ to: '/machines' }) },
    { keys: 'g s', label: 'Go to powers: the connected systems', run: () => void navigate({ to: '/powers' }) },
    { keys: 'g m', label: 'Go to models', run: () => void navigate({ to: '/models' }) },
    { keys: '/', label: 'Search', run: () => setPaletteOpen(true) },
    { keys: '?', label: 'What can be pressed here', run: () => setHelpOpen(true) },
  ]);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setPaletteOpen(open => !open);
      }
    };
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }, []);
  return (
    <div className="frame">
      <a href="#main" className="skip">
        Skip to the page
      </a>
      <Rail me={me} />
      <header className="top">
        <button type="button" className="top-search" onClick={() => setPaletteOpen(true)}>
          <IconSearch size={15} />
          <span className="top-search-text">Search alerts and evidence, or type a command</span>
          <kbd>⌘K</kbd>
        </button>
        <span className="spacer" />
        {me.isDemo && (
          <span className="badge" title="This installation acts only on targets that it started itself.">
            demo
          </span>
        )}
        <CoverageLight me={me} />
        <KillSwitch state={me.killSwitch} />
        <ThemeToggle />
        <PersonMenu me={me} />
      </header>
      <div className="main" id="main" tabIndex={-1}>
        <Notices me={me} isStale={isStale} />
        <Suspense>
          <Outlet />
        </Suspense>
      </div>
      {isHelpOpen && <KeysHelp onClose={() => setHelpOpen(false)} />}
      {isPaletteOpen && (
        <Suspense>
          <Palette
            initial={asked}
            onClose={() => {
              setPaletteOpen(false);
              setAsked('');
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

const PLACES = [
  { to: '/', name: 'Queue', icon: IconQueue, count: (me: Me) => me.counts.openIncidents, says: 'open incidents' },
  {
    to: '/decisions',
    name: 'Decisions',
    icon: IconDecisions,
    count: (me: Me) => me.counts.inReview,
    says: 'in review',
  },
  { to: '/handover', name: 'Handover', icon: IconHandover, count: () => 0, says: '' },
  { to: '/audit', name: 'Audit', icon: IconAudit, count: () => 0, says: '' },
  {
    to: '/health',
    name: 'Health',
    icon: IconHealth,
    count: (me: Me) => me.counts.quarantined,
    says: 'records in quarantine',
  },
  { to: '/people', name: 'People', icon: IconPeople, count: () => 0, says: '' },
  { to: '/playbooks', name: 'Playbooks', icon: IconPlaybook, count: () => 0, says: '' },
  { to: '/policy', name: 'Policy', icon: IconPolicy, count: () => 0, says: '' },
  { to: '/agents', name: 'Agents', icon: IconAgent, count: () => 0, says: '' },
  { to: '/models', name: 'Models', icon: IconModel, count: () => 0, says: '' },
] as const;

function Rail({ me }: { readonly me: Me }) {
  return (
    <nav className="rail" aria-label="Places">
      <Link to="/" className="rail-mark" aria-label="Countersign, to the queue">
        <Mark />
      </Link>
      {PLACES.map(({ to, name, icon: Icon, count, says }) => (
        <Link
          key={to}
          to={to}
          className="rail-link"
          activeProps={{ className: 'is-here', 'aria-current': 'page' }}
          activeOptions={{ exact: to === '/', includeSearch: false }}
        >
          <Icon size={19} />
          <span className="rail-name">{name}</span>
          {count(me) > 0 && (
            <span className="rail-count" title={`${count(me)} ${says}`}>
              {count(me) > 999 ? `${Math.floor(count(me) / 1000)}k` : count(me)}
              <span className="visually-hidden"> {says}</span>
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}

function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" className="mark">
      <rect width="32" height="32" rx="7" />
      <path d="M7 16.5l5 5L20 11" className="mark-first" />
      <path d="M15.500 20.500l2 2L26 12" className="mark-second" />
    </svg>
  );
}

function CoverageLight({ me }: { readonly me: Me }) {
  const silent = me.counts.silentStreams;
  return (
    <Link
      to="/health"
      className={silent === 0 ? 'top-item quiet' : 'top-item gap-text'}
      title="How many telemetry streams are silent now"
    >
      {silent > 0 && <span className="gap-swatch hatch" aria-hidden="true" />}
      {silent === 0 ? 'no stream silent' : `${silent} ${silent === 1 ? 'stream' : 'streams'} silent`}
    </Link>
  );
}

function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'light' ? 'dark' : 'light';
  return (
    <button
      type="button"
      className="btn-icon"
      onClick={() => setColorScheme(other)}
      aria-label={`Switch to the ${other} theme`}
      data-testid="theme-toggle"
    >
      {scheme === 'light' ? <IconMoon size={16} /> : <IconSun size={16} />}
    </button>
  );
}

/** What a person must know on every page: nothing is hidden behind an icon. */
function Notices({ me, isStale }: { readonly me: Me; readonly isStale: boolean }) {
  const { line } = useLive();
  const unwell = me.health.filter(item => item.status !== 'ok');
  return (
    <div className="notices">
      {me.killSwitch.isOn && (
        <p className="notice notice-stop" role="status">
          <strong>The kill switch is on.</strong> Nothing is carried out.{' '}
          {me.killSwitch.by !== '' && `Turned on by ${me.killSwitch.by}`}
          {me.killSwitch.reason !== '' && `: ${me.killSwitch.reason}`}
        </p>
      )}
      {isStale && <Degraded>The server does not answer. This page shows what it knew before.</Degraded>}
      {!isStale && line === 'lost' && (
        <Degraded>
          The live line is broken. What you see may be old until it is back; the browser keeps trying.
        </Degraded>
      )}
      {unwell.map(item => (
        <Degraded key={item.name}>
          {item.name.replace('_', ' ')} {item.status}: {item.text}
        </Degraded>
      ))}
    </div>
  );
}
