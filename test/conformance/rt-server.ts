import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { NOT_IN_THIS_LANE, startServer } from './server-process.ts';

const SERVER = '/usr/share/request-tracker5/libexec/rt-server';
const SETUP = '/usr/sbin/rt-setup-database-5';

export const NO_RT =
  NOT_IN_THIS_LANE ??
  (existsSync(SERVER) && existsSync(SETUP)
    ? undefined
    : 'Request Tracker is not installed (Debian: request-tracker5 rt5-db-sqlite rt5-standalone)');

/** Mail goes into a file, and the settings of the machine's own installation are not read. */
const config = (home: string, port: number) => `
Set($rtname, 'test');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '${home}/rt.db');
Set($WebDomain, '127.0.0.1');
Set($WebPort, ${port});
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
1;
`;

/** RT's own library as its administrator: one order a line in, one answer a line out. */
const ADMINISTRATOR = String.raw`
use strict; use warnings; use lib '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();
use JSON (); use RT::AuthToken; use DBIx::SearchBuilder::Record::Cachable;
$| = 1;
my $s = RT->SystemUser;
sub must { my ($ok, $text) = @_; die "$text\n" unless $ok; return $ok }
sub named { my ($class, $name) = @_; my $one = $class->new($s); $one->Load($name); must($one->id, "no $name"); return $one }
my %does = (
  queue => sub { my $q = RT::Queue->new($s); must($q->Create(Name => $_[0])); return $q->id },
  user => sub {
    my $u = RT::User->new($s); must($u->Create(Name => $_[0], Privileged => 1));
    my ($ok, $text, $token) = RT::AuthToken->new($s)->Create(Owner => $u->id, Description => 'test'); must($ok, $text);
    return $token;
  },
  grant => sub { must(named('RT::User', $_[0])->PrincipalObj->GrantRight(Right => $_[1], Object => named('RT::Queue', $_[2]))) },
  revoke => sub { must(named('RT::User', $_[0])->PrincipalObj->RevokeRight(Right => $_[1], Object => named('RT::Queue', $_[2]))) },
  disable => sub { must(named('RT::User', $_[0])->SetDisabled($_[1])) },
  ticket => sub { my $t = RT::Ticket->new($s); my ($id, undef, $text) = $t->Create(Queue => $_[0], Subject => $_[1], Type => $_[2], Requestor => 'asker@example.org'); return must($id, $text) },
  set => sub {
    my ($id, $field, $to) = @_; my $t = named('RT::Ticket', $id);
    return 1 if ($field eq 'Queue' ? $t->QueueObj->Name : $t->__Value($field)) eq $to;
    must($field eq 'Status' ? $t->SetStatus(Status => $to, Force => 1) : $field eq 'Subject' ? $t->SetSubject($to) : $t->SetQueue($to));
  },
  reply => sub { must(named('RT::Ticket', $_[0])->Correspond(Content => 'It goes on.')) },
  link => sub { must(named('RT::Ticket', $_[0])->AddLink(Type => $_[1], $_[2] => $_[3])) },
  unlink => sub { must(named('RT::Ticket', $_[0])->DeleteLink(Type => $_[1], $_[2] => $_[3])) },
  merge => sub { must(named('RT::Ticket', $_[0])->MergeInto($_[1])) },
  ask => sub { my ($sql, @with) = @_; return $RT::Handle->dbh->selectall_arrayref($sql, undef, @with) },
);
while (my $line = <STDIN>) {
  DBIx::SearchBuilder::Record::Cachable->FlushCache;
  RT::Principal->InvalidateACLCache;
  my ($what, @with) = @{ JSON::decode_json($line) };
  my $said = eval { { done => $does{$what}->(@with) } } // { failed => "$what: $@" };
  print JSON::encode_json($said), "\n";
}
`;

type Administrator = ChildProcessByStdio<Writable, Readable, null>;

export interface RequestTracker {
  readonly port: number;
  readonly url: (port?: number) => string;
  /** One order to RT's own library, as its administrator. */
  order(what: string, ...given: readonly (string | number)[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a Request Tracker of its own, with an empty database and nobody but its administrator. */
export async function startRequestTracker(): Promise<RequestTracker> {
  const home = await mkdtemp(join(tmpdir(), 'cs-rt-'));
  const port = await freePort();
  const empty = join(home, 'empty');
  await mkdir(empty);
  await writeFile(join(home, 'config.pm'), config(home, port));
  await writeFile(join(home, 'administrator.pl'), ADMINISTRATOR);
  const env = { RT_SITE_CONFIG: join(home, 'config.pm'), RT_SITE_CONFIG_DIR: empty, TMPDIR: home };
  const withPath = { PATH: process.env['PATH'] ?? '', ...env };
  const args = ['--action', 'init', '--skip-create', '--dba', 'root', '--dba-password', ''];
  await promisify(execFile)(SETUP, args, { env: withPath });
  const server = await startServer(SERVER, ['--port', String(port), '--host', '127.0.0.1'], port, env);
  const administrator = spawn('perl', [join(home, 'administrator.pl')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: withPath,
  });
  const order = orders(administrator);
  return {
    port,
    url: (other = port) => `http://127.0.0.1:${other}/REST/2.0`,
    order,
    async stop() {
      const ended = once(administrator, 'exit');
      administrator.stdin.end();
      await ended;
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Orders go one after the other: an answer is known by its place. */
function orders({ stdin, stdout }: Administrator): RequestTracker['order'] {
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return async (what, ...given) => {
    const asked = last.then(async () => {
      stdin.write(`${JSON.stringify([what, ...given])}\n`);
      const { value } = await lines.next();
      const said = JSON.parse(String(value)) as { readonly done?: unknown; readonly failed?: string };
      if (said.failed !== undefined) throw new Error(`the administrator was refused: ${said.failed}`);
      return said.done;
    });
    last = asked.catch(() => undefined);
    return await asked;
  };
}
