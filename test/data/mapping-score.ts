import type { AlertField, NormalisedAlert } from '../../src/model/alert.ts';
import { splitEndpoint } from '../../src/sources/shared/values.ts';
import { readTime } from '../../src/sources/shared/when.ts';
import type { LogTypeTruth } from './panther-truth.ts';

const SUCCESS = /^(?:success|succeeded|true|allow|allowed|ok|accept|pass|credentials_ok|granted)$/i;
const FAILURE = /^(?:fail|failed|failure|false|deny|denied|error|block|blocked|reject|fraud)$/i;

function at(value: unknown, path: string): unknown {
  let here = value;
  for (const step of path.split('.')) {
    const key = step.replace('[]', '');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = Object.entries(here).find(([name]) => name === key)?.[1];
    if (step.endsWith('[]')) here = Array.isArray(here) ? here[0] : undefined;
  }
  return typeof here === 'object' ? undefined : here;
}

export function canonical(field: string, value: unknown): string | undefined {
  const text = String(value ?? '').trim();
  if (text === '' || text === '-' || /^(?:null|unknown|none)$/i.test(text)) return undefined;
  if (field === 'time') {
    const time = readTime(text);
    return time === undefined ? undefined : String(Math.round(time / 1000));
  }
  if (field === 'src_ip' || field === 'dst_ip') return splitEndpoint(text)?.ip;
  if (field !== 'outcome') return text.toLowerCase();
  return SUCCESS.test(text) ? 'success' : FAILURE.test(text) ? 'failure' : undefined;
}

/** What a truth says of one record: a canonical text, `absent` where it must not be said, undefined where it is not asked. */
export function wanted(field: string, path: string, record: unknown): string | 'absent' | undefined {
  if (path === '!') return 'absent';
  for (const one of path.split('|')) {
    const text = canonical(field, at(record, one));
    if (text !== undefined) return text;
  }
  return undefined;
}

export interface Said {
  readonly product: string;
  readonly field: AlertField;
  readonly want: string;
  readonly got: string | undefined;
  readonly confidence: number | undefined;
}

/** Each asked field of a record with what was said of it. */
export function compare(
  product: string,
  truth: LogTypeTruth,
  record: unknown,
  alert: NormalisedAlert,
): readonly Said[] {
  return (Object.entries(truth) as [AlertField, string][]).flatMap(([field, path]) => {
    const want = wanted(field, path, record);
    if (want === undefined) return [];
    const got = canonical(field, alert.fields[field]);
    return want === 'absent' && got === undefined
      ? []
      : [{ product, field, want, got, confidence: alert.confidence?.[field] }];
  });
}

export interface Score {
  readonly precision: number;
  readonly recall: number;
  readonly macroRecall: number;
  readonly macroPrecision: number;
}

/** Precision and recall over all that was asked, and their means over products. */
export function scoreOf(said: readonly Said[]): Score {
  const share = (list: readonly Said[]): { readonly precision: number; readonly recall: number } => {
    const right = list.filter(one => one.got === one.want).length;
    const spoken = list.filter(one => one.got !== undefined).length;
    const asked = list.filter(one => one.want !== 'absent').length;
    return { precision: spoken === 0 ? 1 : right / spoken, recall: asked === 0 ? 1 : right / asked };
  };
  const products = [...new Set(said.map(one => one.product))].map(product =>
    share(said.filter(one => one.product === product)),
  );
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
  return {
    ...share(said),
    macroRecall: mean(products.map(one => one.recall)),
    macroPrecision: mean(products.map(one => one.precision)),
  };
}
