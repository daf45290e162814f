import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TaskView } from '../../src/model/task.ts';
import { tasksQuery } from '../api/queries.ts';
import { Empty, PageFailed, PageLoading } from '../parts/states.tsx';
import { TaskEntry } from './review-tasks.tsx';
import '../styles/review.css';

/** What is asked of me, and what I asked of others. */
export function TasksPage() {
  const tasks = useQuery(tasksQuery);
  if (tasks.isPending) return <PageLoading title="Tasks" what="your tasks" />;
  if (tasks.data === undefined)
    return <PageFailed error={tasks.error} what="your tasks" retry={() => void tasks.refetch()} />;
  const { ofMe, byMe } = tasks.data;
  return (
    <main className="page tasks" data-testid="tasks-page">
      <div className="page-head">
        <h1>Tasks</h1>
        <p className="soft">evidence that reviewers ask for before they decide</p>
        <span className="spacer" />
        <Link to="/decisions">Decisions</Link>
      </div>
      {ofMe.length + byMe.length === 0 ? (
        <Empty title="Nothing is asked of you">
          A reviewer who asks for more says what they want, of whom and until when. It then stands here.
        </Empty>
      ) : (
        <>
          <Tasks title="Asked of you" rows={ofMe} none="Nothing is asked of you." />
          <Tasks title="Asked by you" rows={byMe} none="You asked nobody for anything." />
        </>
      )}
    </main>
  );
}

function Tasks({
  title,
  rows,
  none,
}: {
  readonly title: string;
  readonly rows: readonly TaskView[];
  readonly none: string;
}) {
  const open = rows.filter(task => task.state === 'open').length;
  return (
    <section className="review-section tasks-list" aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        <span className="quiet">
          {open} of {rows.length} open
        </span>
      </header>
      {rows.length === 0 && <p className="quiet">{none}</p>}
      <ol className="talk">
        {rows.map(task => (
          <TaskEntry key={task.id} task={task} isAlone />
        ))}
      </ol>
    </section>
  );
}
