import '../styles/reliance.css';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import {
  DRIFT_TEXT,
  type Drift,
  type DriftAspect,
  type DwellSpread,
  FIGURE_NAMES,
  FIGURE_TEXT,
  type Figure,
  type FigureName,
  type RelianceFigures,
  type RelianceView,
  TEAM_PEOPLE_MIN,
  type TeamReliance,
  type TierLoad,
} from '../../src/model/reliance.ts';
import { relianceQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';

/** How reviewing goes: the person's own figures, which nobody else sees, what may be said of the team, the load ahead. */
export function ReliancePage() {
  const reliance = useQuery(relianceQuery);
  return (
    <main className="page reliance" data-testid="reliance">
      <div className="page-head">
        <h1>Reviewing</h1>
        {reliance.data !== undefined && (
          <p className="soft">
            since <MomentText at={reliance.data.since} />
          </p>
        )}
        <span className="spacer" />
        <Link to="/decisions">Decisions</Link>
      </div>
      {reliance.isPending && <Loading what="the figures" rows={12} />}
      {reliance.isError && <Failed error={reliance.error} what="the figures" retry={() => void reliance.refetch()} />}
      {reliance.data !== undefined && <Sections view={reliance.data} />}
    </main>
  );
}

function Sections({ view }: { readonly view: RelianceView }) {
  const { own, team, forecast, drills, isCut } = view;
  return (
    <>
      {isCut && (
        <p className="gap-text">More was decided than is read here: the figures are of the newest decisions.</p>
      )}
      <section className="reliance-section" aria-label="You" data-testid="reliance-own">
        <header className="panel-head">
          <h2>You</h2>
          <span className="quiet">
            {own.figures.decisions} {own.figures.decisions === 1 ? 'decision' : 'decisions'}; only you see this
          </span>
        </header>
        <Changes drift={own.drift} />
        <FigureTable figures={own.figures} label="Your figures" />
        {drills !== undefined && (
          <p className="quiet" data-testid="reliance-drills">
            Drills are on until {drills.until}, for {drills.people} people{drills.isMine ? '; you are one of them' : ''}
            . A drill is wrong on purpose, looks like any proposal until it is decided, and is never carried out.
            Whoever decided is told at once, and nobody else.
          </p>
        )}
      </section>
      <section className="reliance-section" aria-label="The load ahead" data-testid="reliance-load">
        <header className="panel-head">
          <h2>The load ahead</h2>
          <span className="quiet">from the rates of the last {hoursText(forecast.observedHours)}</span>
        </header>
        <LoadTable tiers={forecast.tiers} />
        <p className="quiet">
          One line for each tier, served by deadline at the rate at which people signed. It knows no shifts and no
          weekends. Nothing is approved, hurried or held back by it.
        </p>
      </section>
      <section className="reliance-section" aria-label="The team" data-testid="reliance-team">
        <header className="panel-head">
          <h2>The team</h2>
          <span className="quiet">
            until yesterday, in groups of {TEAM_PEOPLE_MIN} people and more; nobody is named or ranked
          </span>
        </header>
        <Team team={team} />
      </section>
      <p className="quiet">
        These figures move no tier, no gate and nobody's rights, and stand in no log. What they are made of is forgotten
        after 190 days. How long a part was on screen is what the browser says.
      </p>
    </>
  );
}

const ASPECTS = ['haste', 'refusing'] as const;

function Changes({ drift }: { readonly drift: { readonly [A in DriftAspect]: Drift } }) {
  return (
    <ul className="plain-list" data-testid="reliance-drift">
      {ASPECTS.map(aspect => (
        <li key={aspect} className={drift[aspect].kind === 'alarm' ? 'notice' : 'soft'}>
          <ChangeText drift={drift[aspect]} says={DRIFT_TEXT[aspect]} />
        </li>
      ))}
    </ul>
  );
}

function ChangeText({ drift, says }: { readonly drift: Drift; readonly says: string }) {
  switch (drift.kind) {
    case 'too_few':
      return (
        <>
          Whether you began {says}: cannot tell, {drift.n} of {drift.needs} decisions.
        </>
      );
    case 'always':
      return <>No change: you were {says.replace(' more often than at first', '')} from the beginning.</>;
    case 'steady':
      return <>You are not {says}.</>;
    case 'alarm':
      return (
        <>
          <strong>You began {says}</strong>, by <MomentText at={new Date(drift.at).toISOString()} />. A break or another
          pair of eyes may help. Nobody else is told.
        </>
      );
  }
}

function Scrolled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** Which of the figures are scores and not shares. */
const SCORES: ReadonlySet<FigureName> = new Set<FigureName>(['sensitivity', 'criterion']);

function FigureTable({ figures, label }: { readonly figures: RelianceFigures; readonly label: string }) {
  return (
    <Scrolled label={label}>
      <table className="table reliance-table">
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col" className="num">
              Value
            </th>
            <th scope="col" className="num">
              of
            </th>
          </tr>
        </thead>
        <tbody>
          {FIGURE_NAMES.map(name => (
            <tr key={name} data-testid="figure" data-figure={name} data-kind={figures[name].kind}>
              <Named {...FIGURE_TEXT[name]} />
              <td className="num">
                <FigureValue figure={figures[name]} isScore={SCORES.has(name)} />
              </td>
              <td className="num quiet">{figures[name].n}</td>
            </tr>
          ))}
          <tr>
            <Named {...FIGURE_TEXT.dwell} />
            <td className="num">
              <Dwell dwell={figures.dwell} />
            </td>
            <td className="num quiet">{figures.dwell.n}</td>
          </tr>
        </tbody>
      </table>
    </Scrolled>
  );
}

function Named({ name, means }: { readonly name: string; readonly means: string }) {
  return (
    <th scope="row">
      {name}
      <span className="reliance-means">{means}</span>
    </th>
  );
}

function FigureValue({ figure, isScore }: { readonly figure: Figure; readonly isScore: boolean }) {
  if (figure.kind === 'unknown') return <Unknown n={figure.n} needs={figure.needs} />;
  const text = (value: number) =>
    isScore ? (Math.round(value * 10) / 10 + 0).toFixed(1) : `${Math.round(value * 100)} %`;
  return (
    <>
      <strong>{text(figure.value)}</strong>
      <span className="reliance-means">
        {text(figure.low)} to {text(figure.high)}
      </span>
    </>
  );
}

function Unknown({ n, needs }: { readonly n: number; readonly needs: number }) {
  return (
    <span className="quiet">
      cannot tell
      <span className="reliance-means">
        {n} of {needs} needed
      </span>
    </span>
  );
}

function Dwell({ dwell }: { readonly dwell: DwellSpread }) {
  if (dwell.kind === 'unknown') return <Unknown n={dwell.n} needs={dwell.needs} />;
  return (
    <>
      <strong>{secondsText(dwell.p50)}</strong>
      <span className="reliance-means">
        a tenth under {secondsText(dwell.p10)}, a tenth over {secondsText(dwell.p90)}
        {dwell.away > 0 && `; ${dwell.away} over an hour left out`}
      </span>
    </>
  );
}

function secondsText(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function hoursText(hours: number): string {
  if (hours < 1) return `${Math.max(1, Math.round(hours * 60))} min`;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} days`;
}

const TREND_TEXT = {
  growing: 'growing',
  steady: 'steady',
  shrinking: 'shrinking',
  cannot_tell: 'cannot tell',
} as const;

function LoadTable({ tiers }: { readonly tiers: readonly TierLoad[] }) {
  return (
    <Scrolled label="Load by tier">
      <table className="table reliance-table">
        <thead>
          <tr>
            <th scope="col">Tier</th>
            <th scope="col" className="num">
              Open
            </th>
            <th scope="col" className="num">
              Signatures needed
            </th>
            <th scope="col" className="num">
              New per hour
            </th>
            <th scope="col" className="num">
              Signatures per hour
            </th>
            <th scope="col">Wait for the last in line</th>
            <th scope="col">Expires before its turn, unseen</th>
            <th scope="col">Line</th>
          </tr>
        </thead>
        <tbody>
          {tiers.map(load => (
            <tr key={load.tier} data-testid="load" data-tier={load.tier}>
              <th scope="row">{load.tier}</th>
              <td className="num">{load.open}</td>
              <td className="num">{load.signaturesNeeded}</td>
              <td className="num">{load.arrivalsPerHour.toFixed(2)}</td>
              <td className="num">
                {load.signaturesPerHour.toFixed(2)} <span className="quiet">of {load.n}</span>
              </td>
              <td>
                {load.wait.kind === 'hours' ? (
                  load.open === 0 ? (
                    'nothing waits'
                  ) : (
                    hoursText(load.wait.hours)
                  )
                ) : (
                  <Unknown n={load.wait.n} needs={load.wait.needs} />
                )}
              </td>
              <td>
                <Expiring load={load} />
              </td>
              <td>{TREND_TEXT[load.trend]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function Expiring({ load: { expireUnseen } }: { readonly load: TierLoad }) {
  if (expireUnseen === undefined) return <span className="quiet">cannot tell</span>;
  if (expireUnseen.count === 0 || expireUnseen.firstAt === undefined) return <>none</>;
  return (
    <span className="gap-text">
      {expireUnseen.count}, the first at <MomentText at={expireUnseen.firstAt} />
    </span>
  );
}

function Team({ team }: { readonly team: TeamReliance }) {
  if (team.all.kind === 'too_few_people') return <p>Too few people to show.</p>;
  return (
    <>
      <FigureTable figures={team.all.figures} label="Figures of the team" />
      <Parts title="By tier" parts={team.byTier} />
      <Parts title="By kind" parts={team.byKind} />
    </>
  );
}

/** The figures that say most with few decisions; the others are told of the whole team only. */
const COMPARED: readonly FigureName[] = ['overrideRate', 'rubberStamped', 'openedBeforeApproving', 'overReliance'];

function Parts({ title, parts }: { readonly title: string; readonly parts: TeamReliance['byTier'] }) {
  return (
    <Scrolled label={`The team ${title.toLowerCase()}`}>
      <table className="table reliance-table">
        <caption className="reliance-caption">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col" className="num">
              Decisions
            </th>
            {COMPARED.map(name => (
              <th key={name} scope="col" className="num">
                {FIGURE_TEXT[name].name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {parts.map(({ of, group }) => (
            <tr key={of}>
              <th scope="row">
                <Inert text={of} form="line" />
              </th>
              {group.kind === 'shown' ? (
                <>
                  <td className="num">{group.figures.decisions}</td>
                  {COMPARED.map(name => (
                    <td key={name} className="num">
                      <FigureValue figure={group.figures[name]} isScore={false} />
                    </td>
                  ))}
                </>
              ) : (
                <td colSpan={COMPARED.length + 1} className="quiet">
                  too few people to show
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
