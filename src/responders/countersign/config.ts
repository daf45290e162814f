import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';

/** One version of a prompt as this program locked it. */
export interface KnownPrompt {
  readonly id: string;
  readonly version: string;
  readonly sha256: string;
}

/** What the supervisor tells of the installation. No secret: those come through the context. */
export interface OwnSettings {
  readonly tenant: string;
  /** The versions of each prompt, the one that came first before those that came later. */
  readonly prompts: readonly KnownPrompt[];
}

const PROMPT = /^([a-z]+)\/(\d+\.\d+\.\d+)=([0-9a-f]{64})$/;

/** Reads what {@link printSettings} wrote. The failure names the setting that is wrong; an unknown one is refused. */
export function readSettings(settings: { readonly [name: string]: string }): Result<OwnSettings, Failure> {
  const { tenant, prompts, ...others } = settings;
  if (Object.keys(others).length > 0) return wrong(Object.keys(others)[0] ?? '', 'there is no such setting');
  if (tenant === undefined || tenant === '') return wrong('tenant', 'it is missing');
  const read = (prompts ?? '').split(' ').filter(one => one !== '');
  const known: KnownPrompt[] = [];
  for (const text of read) {
    const [, id, version, sha256] = PROMPT.exec(text) ?? [];
    if (id === undefined || version === undefined || sha256 === undefined)
      return wrong('prompts', 'one of them is not of the form id/1.0.0=sha256');
    known.push({ id, version, sha256 });
  }
  return ok({ tenant, prompts: known });
}

/** The settings as the supervisor hands them over. */
export function printSettings({ tenant, prompts }: OwnSettings): { readonly [name: string]: string } {
  return { tenant, prompts: prompts.map(({ id, version, sha256 }) => `${id}/${version}=${sha256}`).join(' ') };
}

/** {@link readSettings}, as the port wants it. */
export function parseConfig(settings: {
  readonly [name: string]: string;
}): Result<{ readonly [name: string]: string }, Failure> {
  const read = readSettings(settings);
  return read.ok ? ok(printSettings(read.value)) : read;
}

function wrong(name: string, why: string): Result<never, Failure> {
  return fail(failureOf('responder.not_configured', `countersign: setting \`${name}\`: ${why}`));
}
