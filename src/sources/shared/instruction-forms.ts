/*
 * Forms of text that address an AI or the person who reads, each with why it stands out. By what is said to whom, and not
 * by particular sentences: whoever wants to pass them will, and gains nothing by it, since a badge is all that they give.
 */

const anyOf = (...words: readonly string[]): string => `(?:${words.join('|')})`;

/** What one may be told to do with an analysis. */
const ORDER = anyOf(
  'set',
  'lower',
  'raise',
  'mark',
  'merge',
  'split',
  'close',
  'auto-?resolve',
  'suppress',
  'recommend',
  'propose',
  'append',
  'add',
  'put',
  'render',
  'output',
  'print',
  'respond',
  'reply',
  'answer',
  'say',
  'quote',
  'support',
  'remember',
  'save',
  'update',
  'tune',
  'create',
  'treat',
  'state',
  'report',
  'classify',
  'conclude',
  'stop',
  'skip',
  'omit',
  'leave',
  'hide',
  'move',
  'remove',
  'approve',
  'reject',
  'cite',
  'use',
  'reveal',
  'repeat',
  'change',
  'downgrade',
  'escalate',
  'exclude',
  'assign',
  'attribute',
  'tell',
  'instruct',
  'rate',
  'rank',
  'score',
  'trust',
  'consider',
  'assume',
  'describe',
  'summari[sz]e',
  'write',
);

/** What an analyst works with, and a machine's log seldom names. */
const MATTER = anyOf(
  'this (?:alert|incident|case|activity|event|host|line|action|as)',
  'these (?:alerts|events)',
  '(?:other|all|every|any|later) alerts?',
  'alerts? (?:from|for|on)',
  'incidents?',
  'severity',
  'confidence',
  'priority',
  'risk tier',
  'tickets?',
  'summary',
  'evidence',
  'sentences?',
  'findings?',
  'allow ?-?list',
  'whitelist',
  'suppression',
  'clusters?',
  'approvals?',
  'reviewers?',
  'prompt',
  'api keys?',
  'benign',
  'informational',
  'false positives?',
  'red team',
  'analysts?',
  'timeline',
  'verdict',
  'certain',
  'hedging',
  'calibration',
  'publisher',
  'containment',
  'firewall',
  'the account',
  'playbook',
  'lesson learned',
  'knowledge base',
  'citation',
  'claim',
  'gaps',
  'future cases',
  'from now on',
  'internal (?:host ?names?|names?|hosts)',
);

/** How an analysis may end. */
const JUDGED = anyOf(
  'benign',
  'complete',
  'unrelated',
  'clean',
  'harmless',
  'false positives?',
  'pre-?(?:approved|authori[sz]ed)',
  '(?:already|always) (?:approved|authori[sz]ed|triaged|countersigned|benign|closed|reviewed)',
  'routine maintenance',
  'scheduled (?:test|maintenance|backup)',
  'our (?:cdn|scanner|proxy|vendor)',
  'verified',
  'high',
);
const JUDGED_MATTER = anyOf(
  'alerts?',
  'incident',
  'case',
  'activity',
  'actor',
  'claim',
  'finding',
  'telemetry',
  'log sources',
  'evidence',
  'confidence',
  'calibration',
  'this',
);

const LEAKED = anyOf(
  'instructions?',
  'prompts?',
  'words?',
  'rules?',
  'text',
  'sentences?',
  'commands?',
  'guidelines?',
  'directives?',
);

/** In other languages, by stems: to set aside, and what was said before. */
const SET_ASIDE: readonly (readonly [string, string])[] = [
  ['ignor\\p{L}*|olvid\\p{L}*|omit\\p{L}*', 'instruc+ion\\p{L}*'],
  ['ignor\\p{L}*|esque\\p{L}*|desconsider\\p{L}*', 'instruç\\p{L}*'],
  ['ignor\\p{L}*|oubli\\p{L}*', '(?:les|mes|tes|ces|vos|toutes) (?:instructions|consignes)'],
  ['ignor\\p{L}*|dimentic\\p{L}*', 'istruzion\\p{L}*'],
  ['ignorier\\p{L}*|vergiss|vergessen', 'anweisung\\p{L}*|vorgaben|instruktion\\p{L}*'],
  ['negeer|negeren|vergeet', 'instructies|opdrachten'],
  ['игнорируй\\p{L}*|забудь\\p{L}*', 'инструкци\\p{L}*|указани\\p{L}*'],
  ['abaikan|lupakan', 'instruksi|arahan|perintah'],
  ['bỏ qua|quên', 'hướng dẫn|chỉ dẫn|lệnh'],
  ['yok say|görmezden gel|unut', 'talimat\\p{L}*'],
  ['huwag pansinin|kalimutan|balewalain', 'tagubilin|utos'],
];
const SET_ASIDE_TEXT = SET_ASIDE.map(([verb, noun]) => `(?<!\\p{L})(?:${verb})[^.!?]{0,60}(?:${noun})`).join('|');
/** Where the verb stands last, or words have no space between them. */
const SET_ASIDE_ELSEWHERE =
  /(?:指示|命令|指令|说明)[^。.]{0,12}(?:無視|忽略|忘)|(?:忽略|无视|忘记)[^。.]{0,16}(?:指示|指令|说明|命令)|지시[^.]{0,16}(?:무시|잊)|निर्देश[^।.]{0,24}(?:अनदेखा|भूल|नज़रअंदाज़)|নির্দেশ[^।.]{0,24}(?:উপেক্ষা|ভুলে)|คำสั่ง[^.]{0,16}(?:ก่อนหน้า)|(?:tagubilin|talimat\p{L}*|instruksi\p{L}*)[^.]{0,30}(?:unut|yok say|görmezden)/iu;
/** To close as a false alarm, to keep quiet about, or to lower. */
const JUDGE_ELSEWHERE =
  /(?:fals[oe]s? positiv\p{L}*|faux positif|falsch[ -]?positiv\p{L}*|fehlalarm|vals[- ]positief|falso allarme|誤検知|誤報|误报|오탐)|(?:no mencion\p{L}*|non menzionare|ne mentionne\p{L}*|erwähne?\p{L}* [^.]{0,40}nicht|noem [^.]{0,40} niet|não mencion\p{L}*)|(?:severidad|gravedad|gravité|schweregrad|ernst|gravità|severidade|重大度|深刻度)[^.]{0,40}(?:informa\p{L}*|niedrig|laag|baj\p{L}|bass\p{L}|faible|低)/iu;

/** Without the `u` flag where no letter beyond ASCII is meant: folding case over all of Unicode takes ten times as long. */
const form = (source: string, flags = 'is'): RegExp => new RegExp(source, flags);

/** The infinitive of a title ("how to ignore …") tells nobody to do it. */
const NOT_A_TITLE = '(?<!\\b(?:how|guide|ways?|when|not)[-_+ ]to[-_+ ])';
/** Where an order begins: at the start, behind a mark, or in the middle of a text with a capital. */
const BEGINS = '(?:^|[!?#\\]>)\\n\\\\"=*]\\s{0,4}|[.:;,]\\s{1,4}|\\s-\\s|(?:please|now|and|then|must|should)\\s)';

export const INSTRUCTION_FORMS: readonly (readonly [RegExp, string])[] = [
  [
    form(
      `\\b${NOT_A_TITLE}(?:ignore|disregard|forget|override|bypass)\\b.{0,40}\\b(?:previous|prior|above|earlier|all|any|your|the)\\b.{0,40}\\b(?:instructions?|prompts?|rules|guidelines|directives?|context|polic(?:y|ies)|functions?|orders)\\b`,
    ),
    'tells the reader to set aside instructions',
  ],
  [form(SET_ASIDE_TEXT, 'isu'), 'tells the reader to set aside instructions'],
  [SET_ASIDE_ELSEWHERE, 'tells the reader to set aside instructions'],
  [JUDGE_ELSEWHERE, 'tells the reader how to judge'],
  [
    /\b(?:you are|you're|act as|pretend|play the role|from now on,? you|you will now|you must now|stay in character|imagine you)\b.{0,60}\b(?:assistant|ai|model|analyst|agent|bot|chat\w*|dan|administrator|god|developer|mode|character|unrestricted|no (?:rules|restrictions|limits))\b/is,
    'gives the reader a role',
  ],
  [
    /(?:^|[\n\s\]])(?:system|assistant|developer|ai)\s*(?:prompt|message|note|instruction|override)?\s*:\s+\S/i,
    'poses as a system or assistant message',
  ],
  [
    /<\/?(?:system|assistant|instructions?|tool_call|function_call|im_start|im_end|evidence>\s*<\/data)\b|<\|[a-z_]+\|>|\[\/?INST\]|<<\/?SYS>>|##\s{0,4}(?:system|instructions?)|"(?:tool|function_call|instruction)"\s*:\s*["{]|\bcall_tool\b|\bAction:\s*\w+\s+Action Input:/i,
    'uses the marks of a chat or of a tool call',
  ],
  [
    /\b(?:ai|llm|language model|assistant|copilot|chatbot|soc agent|triage (?:agent|bot|engine))\b.{0,80}\b(?:must|should|shall|please|mark|classify|close|ignore|respond|output|treat|report|dismiss|suppress)\b/is,
    'addresses an AI',
  ],
  [
    /\b(?:(?:note|attention|message|instruction)s?\s+(?:to|for)\s+(?:the\s+)?(?:ai|llm|model|assistant|analysts?|soc|reviewers?|responders?|triage)|(?:analyst|reviewer|responder|assistant|ai|soc[- ]lead(?: triage)?)\s*:|(?:soc|security) policy\W{0,4}:|vendor advisory)/i,
    'addresses the analyst or an AI',
  ],
  [
    /\b(?:mark|classify|treat|label|close|resolve|dismiss|rate)\b.{0,40}\b(?:benign|false positive|resolved|closed|low|informational|safe|authori[sz]ed|approved|harmless|expected|trusted)\b/is,
    'tells the reader how to judge',
  ],
  [
    /\b(?:do not|don't|never)\b.{0,30}\b(?:escalate|alert|report|investigate|isolate|block|disable|notify|contain|flag|mention|include|warn|use|open an incident|ask)\b/is,
    'tells the reader what not to do',
  ],
  [
    /\b(?:please|kindly|you must|you should|immediately|urgently|recommend|propose)\b.{0,40}\b(?:approve|disabl\w+|delet\w+|isolat\w+|run|execute|whitelist|allowlist|exclude|revok\w+|reset\w*|releas\w+|unblock\w*|block\w+)\b/is,
    'tells the reader to act',
  ],
  [
    /\b(?:pre-?(?:approved|authori[sz]ed)|approved by (?:the )?(?:soc|ciso|analysts?|lead|manager|management|admin\w*|security)|(?:approval|countersignature)[ .-]recorded|already (?:been )?(?:countersigned|approved|triaged)|no (?:human|further|additional) (?:validation|review|approval)|(?:two|second)[ -]person[ -]approval|skip the gate)\b/i,
    'claims that somebody has approved',
  ],
  [
    form(
      `\\b${JUDGED_MATTER}\\b[^.\\n]{0,50}\\b(?:is|are|was|were|belongs?|stopped|has been|have been)\\b[^.\\n]{0,30}\\b${JUDGED}\\b`,
    ),
    'states how the analysis ends',
  ],
  [
    /\b(?:run|running|open|visit|call|sign in|log ?in|download)\b.{0,60}\b(?:view this alert|on your workstation|attached report|hotline|verify the finding|release the quarantine)|\banalyst\b.{0,30}\bverify\b|\b(?:view this alert|release the quarantine)\b/is,
    'asks the analyst to run, open or call something',
  ],
  [
    form(
      `\\b(?:repeat|print|reveal|output|show|tell|give|summari[sz]e|translate|explain|convert|copy|display|spell|write|append|what (?:is|are|were))\\b.{0,40}\\b(?:above|previous|prior|your|these|system|initial|all|those|following)\\b.{0,30}\\b${LEAKED}\\b`,
    ),
    'asks for what a model was told',
  ],
  // An order about what an analyst works with: at the start of a sentence, or with a capital in the middle of a text.
  [form(`${BEGINS}${ORDER}\\b.{0,70}\\b${MATTER}(?!\\w)`), 'gives an order about the analysis'],
  [
    form(`\\s(?=\\p{Lu})(?:${capitalised(ORDER)})\\b.{0,70}\\b${MATTER}(?!\\w)`, 'su'),
    'gives an order about the analysis',
  ],
];

/** The words of a list with a capital; what follows them stays in small letters. */
function capitalised(list: string): string {
  return list.replace(/[a-z][a-z\-?[\]]*/g, word => word.charAt(0).toUpperCase() + word.slice(1));
}
