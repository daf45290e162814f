import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { ChildSpec, SupervisedChild } from './child.ts';
import { aiDir } from './data-directory.ts';
import { ModelRelay } from './model-relay.ts';
import { errorCode } from './refusal.ts';

const STORE_BYTES_MAX = 512 * 1024;
/** A provider that a command entered while none was set: the ai process starts within this time. */
const LOOK_EVERY_MS = 2_000;
/** One that did not get to run is left alone for so long, unless somebody asks for it. */
const REST_MS = 60_000;

/** A provider as those see it who may read the file and need no key. */
export interface ProviderSeen {
  readonly name: string;
  readonly kind: string;
  readonly model: string;
  readonly isHosted: boolean;
  readonly isOn: boolean;
}

/** The providers of a data directory, or why they cannot be told. */
export async function providersIn(
  dataDir: string,
): Promise<{ readonly providers: readonly ProviderSeen[]; readonly trouble?: string }> {
  const path = join(aiDir(dataDir), 'providers.json');
  try {
    // The folder is the ai process's: whoever looks, root too, follows no link and waits for no pipe there.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > STORE_BYTES_MAX) return { providers: [], trouble: `${path} is damaged` };
      return { providers: seenIn(JSON.parse(await file.readFile('utf8'))) };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return { providers: [] };
    return { providers: [], trouble: code === undefined ? `${path} is damaged` : `cannot read ${path}: ${code}` };
  }
}

function seenIn(value: unknown): readonly ProviderSeen[] {
  const { providers }: { providers?: unknown } = Object(value);
  if (!Array.isArray(providers)) throw new Error('not a store');
  return providers.map(entry => {
    const { name, kind, model, isHosted, isOn }: { readonly [name: string]: unknown } = Object(Object(entry).config);
    return {
      name: String(name),
      kind: String(kind),
      model: String(model),
      isHosted: isHosted !== false,
      isOn: isOn === true,
    };
  });
}

/** In one line: which models are set, if any. */
export function modelsLine(providers: readonly ProviderSeen[]): string {
  if (providers.length === 0) return 'none: rules write every summary';
  return providers
    .map(
      ({ name, model, isHosted, isOn }) =>
        `${name} (${model}, ${isHosted ? 'hosted: names are withheld' : 'local'}${isOn ? '' : ', off'})`,
    )
    .join(', ');
}

/** The ai process, kept running once it is wanted, and what passes between it and the server. */
export interface ModelSupervision {
  /** Belongs into the server's {@link ChildSpec}. */
  readonly forServer: Pick<ChildSpec, 'heard' | 'changed'>;
  connect(server: SupervisedChild): void;
  isStarted(): boolean;
  stop(): Promise<void>;
}

export function superviseModels(
  dataDir: string,
  start: (events: Pick<ChildSpec, 'heard' | 'changed'>) => SupervisedChild,
  logger: Logger,
): ModelSupervision {
  let server: SupervisedChild | undefined;
  let ai: SupervisedChild | undefined;
  let isStopping = false;
  let restsUntil = 0;
  const relay = new ModelRelay({
    toServer: message => server?.send(message) ?? false,
    toAi: message => ai?.send(message) ?? false,
    isAiStarted: () => ai !== undefined,
    startAi,
  });

  function startAi(): void {
    if (isStopping || ai !== undefined) return;
    const started = start({ heard: message => relay.fromAi(message), changed: isUp => relay.aiChanged(isUp) });
    ai = started;
    // Whatever keeps it from starting, the product runs without it; who asks next tries again.
    started.ready.catch((error: unknown) => {
      logger.error({ err: error }, 'no model can be asked');
      if (ai === started) ai = undefined;
      restsUntil = Date.now() + REST_MS;
      void started.stop().catch(() => undefined);
    });
  }

  const look = async () => {
    if (ai !== undefined || Date.now() < restsUntil) return;
    if ((await providersIn(dataDir)).providers.length > 0) startAi();
  };
  void look().catch(() => undefined);
  const looking = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
  looking.unref();
  return {
    forServer: { heard: message => relay.fromServer(message), changed: isUp => relay.serverChanged(isUp) },
    connect(one) {
      server = one;
    },
    isStarted: () => ai !== undefined,
    async stop() {
      isStopping = true;
      clearInterval(looking);
      await ai?.stop();
    },
  };
}
