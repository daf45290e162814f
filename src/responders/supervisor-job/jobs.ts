import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { Secret } from '../../ports/responder.ts';
import { Denied } from '../shared/http/ask-http.ts';
import { denied, type HttpRequest, look, send } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import { isJobId, type Port, type Section, type SupervisorSettings } from './config.ts';
import { callText, membersOf, RpcFault, type RpcValue, readAnswer } from './xml-rpc.ts';

/** What supervisord tells of one job. */
export interface Job {
  /** `group:name`: what supervisord knows a job by, and all that it does. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  /** `stopping` is between the two: it was asked to end, and has not. */
  readonly running: 'yes' | 'no' | 'stopping';
  /** Its state in supervisord's word: RUNNING, STOPPED, EXITED … */
  readonly state: string;
  readonly pid: string;
  /** SHA-256 over what it runs, where and as whom: another program under the same name is another job. */
  readonly program: string;
  readonly command: string;
  /** When it was last started and stopped, in seconds: any start or stop moves one. */
  readonly mark: string;
}

export interface Asking {
  readonly settings: SupervisorSettings;
  readonly secret: Secret;
  readonly timeoutMs: number;
}

/** https://supervisord.org/subprocess.html#process-states */
const RUNNING = new Set(['STARTING', 'RUNNING', 'BACKOFF']);
const UNKNOWN_METHOD = 1;

function requestOf(
  { url, user }: Section,
  secret: Secret,
  method: string,
  params: readonly (string | boolean)[],
): HttpRequest {
  const login = Buffer.from(`${user}:${secret.reveal()}`).toString('base64');
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'text/xml', authorization: `Basic ${login}` },
    body: callText(`supervisor.${method}`, params),
  };
}

async function read(asking: Asking, method: string): Promise<readonly { readonly [name: string]: RpcValue }[]> {
  const answer = await look(requestOf(asking.settings.read, asking.secret, method, []), asking.timeoutMs);
  if (answer.status !== 200) throw denied(answer);
  try {
    const value = readAnswer(answer.text);
    if (!Array.isArray(value)) throw new NoAnswer('the answer is no list of jobs');
    return value.map(membersOf);
  } catch (error) {
    // What answers so is no supervisord, or one that is ending.
    throw error instanceof RpcFault ? new NoAnswer(`it answers fault ${error.code}`) : error;
  }
}

/** Every job. The lists are read whole and compared here: what a name could mean is never left to the server. */
export async function readJobs(asking: Asking): Promise<readonly Job[]> {
  const configured = await read(asking, 'getAllConfigInfo');
  const programs = new Map(configured.map(one => [`${one['group']}:${one['name']}`, one]));
  return (await read(asking, 'getAllProcessInfo')).flatMap(told => {
    const text = (name: string) => {
      const value = told[name];
      return typeof value === 'string' ? value : '';
    };
    const [group, name, state] = [text('group'), text('name'), text('statename')];
    const id = `${group}:${name}`;
    if (!isJobId(id)) return [];
    const { command = '', directory = '', uid = '' } = programs.get(id) ?? {};
    return [
      {
        id,
        group,
        name,
        state,
        running: RUNNING.has(state) ? 'yes' : state === 'STOPPING' ? 'stopping' : 'no',
        pid: text('pid'),
        program: createHash('sha256')
          .update(JSON.stringify([command, directory, uid]))
          .digest('hex'),
        command: String(command),
        mark: `${text('start')}/${text('stop')}`,
      } satisfies Job,
    ];
  });
}

/** What people and alerts know a job by: its name alone, where its group has the same. */
export function nameOf({ group, name, id }: Pick<Job, 'group' | 'name' | 'id'>): string {
  return group === name ? name : id;
}

/** Stops or starts one job and waits until it has; the fault where supervisord did not do it. */
export async function change(asking: Asking, method: 'stopProcess' | 'startProcess', id: string): Promise<void> {
  const answer = await send(requestOf(asking.settings.write, asking.secret, method, [id, true]), asking.timeoutMs);
  if (answer.status !== 200) throw denied(answer);
  try {
    if (readAnswer(answer.text) !== true) throw new NoAnswer('the answer is neither yes nor a fault');
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    // 403 stands for any fault that says that nothing was done; FAILED and what comes after a start was tried say nothing.
    if (DID_NOTHING.has(error.code)) throw new Denied(error.code === UNKNOWN_METHOD ? 404 : 403);
    throw new NoAnswer(`it answers fault ${error.code}`);
  }
}

/** Faults of supervisord before anything is done: of the call itself, ending, bad name, no file, already so, not so. */
const DID_NOTHING = new Set([1, 2, 3, 4, 6, 10, 20, 21, 60, 70]);

/** Whether anything takes connections there. Nothing is sent. `unknown`: neither yes nor no came in time. */
export async function answersAt({ host, port }: Port, timeoutMs: number): Promise<'yes' | 'no' | 'unknown'> {
  return await new Promise(resolve => {
    const socket = connect({ host, port });
    const end = (answer: 'yes' | 'no' | 'unknown') => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('unknown'), timeoutMs);
    socket.once('connect', () => end('yes'));
    socket.once('error', error => end('code' in error && error.code === 'ECONNREFUSED' ? 'no' : 'unknown'));
  });
}
