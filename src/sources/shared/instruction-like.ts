import type { InstructionLike } from '../../model/alert.ts';
import { token } from './at.ts';
import { LEAVES_MAX } from './bounds.ts';

const FOUND_MAX = 16;
/** Shorter texts hold no sentence that could instruct anybody. */
const SENTENCE_CHARS_MIN = 12;

const ORDER =
  'set|lower|raise|mark|merge|split|close|suppress|recommend|append|output|print|respond|reply|answer|say|remember|treat|state|report|classify|conclude|stop|skip|omit|approve|reject|cite|reveal|repeat|change|downgrade|escalate|exclude|assign|attribute|tell|instruct|rate|rank|score|trust|consider|assume|describe|summari[sz]e|write';
const MATTER =
  'alerts?|incidents?|severity|confidence|priority|tier|tickets?|cases?|summary|evidence|sentences?|findings?|allow ?list|whitelist|clusters?|approvals?|reviewers?|prompt|api keys?|responses?|benign|informational|false positives?|analysts?|timeline|verdict|risk|certain|publisher|containment|playbook|report';

/** Forms of text that address an AI or the person who reads, each with why it stands out. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|the)\b.{0,40}\b(?:instructions?|prompts?|rules|guidelines|directives?|context|policy|policies)\b/is,
    'tells the reader to set aside instructions',
  ],
  [
    /\b(?:you are|act as|pretend to be|from now on you|you will now|you must now)\b.{0,60}\b(?:assistant|ai|model|analyst|agent|bot|dan|administrator|mode)\b/is,
    'gives the reader a role',
  ],
  [
    /(?:^|[\n\s\]])(?:system|assistant|developer)\s*(?:prompt|message|note|instruction|override)?\s*:\s+\S/i,
    'poses as a system or assistant message',
  ],
  [
    /<\/?(?:system|assistant|instructions?|tool_call|function_call|im_start|im_end)\b|<\|[a-z_]+\|>|\[\/?INST\]|#{2,}\s*(?:system|instructions?)|"tool"\s*:\s*"|"function_call"/i,
    'uses the marks of a chat or of a tool call',
  ],
  [
    /\b(?:ai|llm|language model|assistant|copilot|chatbot|soc agent|triage (?:agent|bot|engine))\b.{0,80}\b(?:must|should|shall|please|mark|classify|close|ignore|respond|output|treat|report|dismiss|suppress)\b/is,
    'addresses an AI',
  ],
  [
    /\b(?:(?:note|attention|message|instruction)s?\s+(?:to|for)\s+(?:the\s+)?(?:ai|llm|model|assistant|analysts?|soc|reviewers?|responders?|triage)|(?:analyst|reviewer|responder|assistant|ai)\s*:)/i,
    'addresses the analyst or an AI',
  ],
  [
    /\b(?:mark|classify|treat|label|close|resolve|dismiss)\b.{0,40}\b(?:benign|false positive|resolved|closed|low|informational|safe|authori[sz]ed|approved|harmless|expected|trusted)\b/is,
    'tells the reader how to judge',
  ],
  [
    /\b(?:do not|don't|never)\b.{0,30}\b(?:escalate|alert|report|investigate|isolate|block|disable|notify|contain|flag|mention|include)\b/is,
    'tells the reader what not to do',
  ],
  [
    /\b(?:please|kindly|you must|you should|immediately|urgently)\b.{0,40}\b(?:approve|disable|delete|isolate|run|execute|whitelist|allowlist|exclude|revoke|reset|release|unblock)\b/is,
    'tells the reader to act',
  ],
  [
    /\b(?:pre-?approved|approved by (?:the )?(?:soc|ciso|analysts?|lead|manager|management|admin\w*|security)|approval[ .-]recorded|no (?:human|further|additional) (?:validation|review|approval)|(?:two|second)[ -]person[ -]approval)\b/i,
    'claims that somebody has approved',
  ],
  // An order at the start of a sentence about what an analyst works with.
  [
    new RegExp(`(?:^|[.:;!?#\\])\\n\\\\"=-]\\s{0,4})(?:${ORDER})\\b.{0,60}\\b(?:${MATTER})\\b`, 'is'),
    'gives an order about the analysis',
  ],
];

/**
 * Texts in a record that read like an instruction to an AI or a person. A badge on the page and nothing else: no
 * tier, rank, cluster or decision depends on it, so an attacker gains and stops nothing by it.
 */
export function instructionLike(record: unknown): readonly InstructionLike[] {
  const found: InstructionLike[] = [];
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value: record, pointer: '' }];
  let looked = 0;
  for (
    let node = open.pop();
    node !== undefined && looked < LEAVES_MAX && found.length < FOUND_MAX;
    node = open.pop()
  ) {
    looked += 1;
    const { value, pointer } = node;
    if (typeof value === 'string') {
      const why = whyOf(value);
      if (why !== undefined) found.push({ pointer, why });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value).reverse())
        open.push({ value: member, pointer: `${pointer}/${token(key)}` });
    }
  }
  return found;
}

/** Text is looked at in its first part: a pattern's cost must not grow with what an attacker writes. */
const LOOKED_AT_CHARS = 8_192;

function whyOf(text: string): string | undefined {
  if (text.length < SENTENCE_CHARS_MIN) return undefined;
  // Characters that do not show are taken out and look-alikes folded, so that they cannot break a word up.
  const plain = text
    .slice(0, LOOKED_AT_CHARS)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '');
  return FORMS.find(([form]) => form.test(plain))?.[1];
}
