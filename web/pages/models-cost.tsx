import type { AiView, Budget, SpentView } from '../../src/model/api-ai.ts';
import { Empty } from '../parts/states.tsx';

/** Millionths of a currency as money. */
export function moneyText(micros: number, currency: string): string {
  const amount = micros / 1_000_000;
  return `${amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: amount < 1 && amount > 0 ? 4 : 2 })} ${currency}`.trim();
}

export function countText(count: number): string {
  return count.toLocaleString('en');
}

/** The currency of most providers: budgets are in it. */
export function currencyOf(view: AiView): string {
  return view.providers[0]?.price.currency ?? '';
}

/** What was spent of what may be. At its end rules alone speak, until it is new again. */
export function Budgets({ view }: { readonly view: AiView }) {
  const currency = currencyOf(view);
  return (
    <section className="health-section" aria-label="Budgets">
      <h2>Budgets</h2>
      <ul className="budgets">
        <BudgetLine name="Last sixty minutes" spent={view.budgets.hour} currency={currency} />
        <BudgetLine name="Today, UTC" spent={view.budgets.day} currency={currency} />
        <li className="budget">
          <strong>One incident</strong>
          <span className="soft">at most {limitText(view.budgets.incident, currency)} over its whole life</span>
        </li>
      </ul>
      {view.queue.running + view.queue.waiting + view.queue.shed > 0 && (
        <p className="soft">
          {view.queue.running} being asked, {view.queue.waiting} waiting
          {view.queue.shed > 0 && `, ${view.queue.shed} left to rules because too much waited`}
        </p>
      )}
    </section>
  );
}

function limitText({ tokens, costMicros }: Budget, currency: string): string {
  return `${countText(tokens)} tokens or ${moneyText(costMicros, currency)}`;
}

function BudgetLine({
  name,
  spent,
  currency,
}: {
  readonly name: string;
  readonly spent: SpentView;
  readonly currency: string;
}) {
  const shares = [
    spent.limit.tokens === 0 ? 0 : spent.spent.tokens / spent.limit.tokens,
    spent.limit.costMicros === 0 ? 0 : spent.spent.costMicros / spent.limit.costMicros,
  ];
  const share = Math.min(1, Math.max(...shares));
  return (
    <li className="budget" data-testid="budget">
      <strong>{name}</strong>
      <meter min={0} max={1} high={0.9} value={share} aria-label={`${name}: spent of what may be`} />
      <span className={share >= 1 ? 'gap-text' : 'soft'}>
        {countText(spent.spent.tokens)} of {countText(spent.limit.tokens)} tokens,{' '}
        {moneyText(spent.spent.costMicros, '')} of {moneyText(spent.limit.costMicros, currency)}
        {share >= 1 && ' · spent: rules alone speak'}
      </span>
    </li>
  );
}

const TASK_TEXT: { readonly [task: string]: string } = {
  select: 'ordering incidents',
  explain: 'marking a text',
  test: 'tests of a provider',
  ask: 'reading questions',
};

/** What was asked, by day, provider and task. */
export function Used({ view }: { readonly view: AiView }) {
  const currency = currencyOf(view);
  return (
    <section className="health-section" aria-label="What it cost">
      <h2>What it cost</h2>
      {view.used.length === 0 ? (
        <Empty title="No model was asked in the last thirty days" />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="Table of costs">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Day, UTC</th>
                <th scope="col">Provider</th>
                <th scope="col">For</th>
                {['Calls', 'From the cache', 'Not used', 'Tokens in', 'Tokens out', 'Cost'].map(name => (
                  <th key={name} scope="col" className="num">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {view.used.map(row => (
                <tr key={`${row.day} ${row.provider} ${row.task}`} data-testid="used-row">
                  <td className="nowrap">{row.day}</td>
                  <td className="mono wrap-anywhere">
                    {row.provider === '' ? <span className="quiet">none</span> : row.provider}
                  </td>
                  <td>{TASK_TEXT[row.task] ?? row.task}</td>
                  <td className="num">{countText(row.calls)}</td>
                  <td className="num">{countText(row.cached)}</td>
                  <td className="num">{countText(row.notUsed)}</td>
                  <td className="num">{countText(row.inputTokens)}</td>
                  <td className="num">{countText(row.outputTokens)}</td>
                  <td className="num nowrap">{moneyText(row.costMicros, currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
