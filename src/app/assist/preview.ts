import type { Id } from '../../base/id.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_HOUR } from '../../base/time.ts';
import type { AiPreview, AiPreviewAcknowledge } from '../../model/api-ai.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Assistance } from './assistance.ts';
import { acknowledge, acknowledgementOf, areNamesWithheld, formOf, requestDigest } from './egress.ts';
import { groundOf } from './ground.ts';
import { markQuestion } from './mark.ts';
import { activePrompt } from './prompt-choice.ts';
import type { Asked, Question } from './question.ts';
import { queryQuestion, type Wording } from './read-as-query.ts';
import { selectQuestion } from './select.ts';
import { readSettings } from './settings.ts';

/** What was shown may be acknowledged for so long. */
const SHOWN_MS_MAX = MS_PER_HOUR;
const SHOWN_MAX = 200;

/** What somebody wants to see the bytes of. */
export type PreviewSubject =
  | { readonly kind: 'incident'; readonly incident: Id<'incident'> }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'question'; readonly wording: Wording };

const PROMPT_OF = { incident: 'select', text: 'explain', question: 'ask' } as const;

type AskedBytes = (namesWithheld: boolean) => Pick<Asked<unknown>, 'packet' | 'schema'>;

/** Shows what would leave, byte for byte, and takes a person's word that they looked. It sends nothing. */
export class Previews {
  private readonly assist: Assistance;
  /** By digest of the bytes: what was shown lately. Nobody can acknowledge what they were not shown. */
  private readonly shown = new Map<string, { readonly provider: string; readonly form: string; readonly at: number }>();

  constructor(assist: Assistance) {
    this.assist = assist;
  }

  /** Of one incident or one text for one provider; the first of the chain where none is named. */
  async of(subject: PreviewSubject, name: string | undefined): Promise<Result<AiPreview, Failure>> {
    const { context, gateway } = this.assist;
    const { settings } = await readSettings(context);
    const providers = gateway.options.providers();
    const provider = name === undefined ? gateway.chainOf(settings)[0] : providers.find(one => one.name === name);
    if (provider === undefined) return fail(failureOf('not_found', `no provider ${name ?? 'is set'}`));
    const question = await this.questionOf(subject);
    if (!question.ok) return question;
    const { prompt, holdsNames } = question.value;
    const namesWithheld = areNamesWithheld(provider, settings);
    if (holdsNames && namesWithheld) return fail(failureOf('not_found', `${provider.name} is sent no names`));
    const asked = question.value.asked(namesWithheld);
    const schema = JSON.stringify(asked.schema);
    const form = formOf(provider, prompt, namesWithheld);
    const requestSha256 = requestDigest(prompt.text, asked.packet, schema);
    this.remember(requestSha256, provider.name, form);
    return ok({
      provider: provider.name,
      model: provider.model,
      region: provider.region,
      retention: provider.retention,
      isHosted: provider.isHosted,
      namesWithheld,
      system: prompt.text,
      packet: asked.packet,
      schema,
      form,
      requestSha256,
      byteLength: Buffer.byteLength(prompt.text + asked.packet + schema, 'utf8'),
      acknowledged: await acknowledgementOf(context, form),
    });
  }

  private async questionOf(
    subject: PreviewSubject,
  ): Promise<Result<Pick<Question<unknown>, 'prompt' | 'holdsNames'> & { readonly asked: AskedBytes }, Failure>> {
    const { assist } = this;
    const { context, gateway, study, shelf } = assist;
    const prompt = await activePrompt(context, shelf, PROMPT_OF[subject.kind]);
    if (!prompt.ok) return fail(failureOf('system.not_ready', prompt.failure));
    if (subject.kind === 'text')
      return ok(markQuestion(subject.text, prompt.value, { by: '', nonce: assist.nonceOf(subject.text) }));
    if (subject.kind === 'question')
      return ok(
        queryQuestion(subject.wording, prompt.value, { by: '', nonce: assist.nonceOfWording(subject.wording) }),
      );
    const ground = await groundOf(context, study, subject.incident, gateway.options.deadlineMs);
    if (!ground.ok) return ground;
    const asking = { by: '', urgency: 0, nonce: assist.nonceOf(subject.incident) };
    return ok(selectQuestion(ground.value, prompt.value, asking));
  }

  async acknowledge(seen: AiPreviewAcknowledge, by: string): Promise<Result<void, Failure>> {
    const { context } = this.assist;
    const shown = this.shown.get(seen.requestSha256);
    const isSame = shown?.provider === seen.provider && shown.form === seen.form;
    if (!isSame || shown.at + SHOWN_MS_MAX < context.now())
      return fail(failureOf('not_found', 'these bytes were not shown lately'));
    return acknowledge(context, seen, by);
  }

  private remember(requestSha256: string, provider: string, form: string): void {
    this.shown.delete(requestSha256);
    this.shown.set(requestSha256, { provider, form, at: this.assist.context.now() });
    for (const oldest of this.shown.keys()) {
      if (this.shown.size <= SHOWN_MAX) return;
      this.shown.delete(oldest);
    }
  }
}
