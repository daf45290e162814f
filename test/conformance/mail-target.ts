import { createHash, randomBytes } from 'node:crypto';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { imapMailManifest } from '../../src/responders/imap-mail/manifest.ts';
import { imapMail } from '../../src/responders/imap-mail/responder.ts';
import { type Dovecot, startDovecot, USUAL_RIGHTS } from './dovecot.ts';
import { connectImap, type ImapClient } from './imap-client.ts';

const ALICE = 'alice@example.org';
const KEPT = 'legal@example.org';
const ID = '<invoice-1@mail.example.net>';
const VICTIM = `${ALICE}/${ID}`;
const FOLDERS = ['INBOX', 'Archive', 'Archive/2026', 'Quarantine'];

/** What the tests beside the suite need, too. */
export interface MailTarget extends ConformanceTarget {
  readonly server: Dovecot;
  /** Puts a message into a folder of the user whose mail is looked at. */
  deliver(id: string, folder?: string, more?: string): Promise<void>;
  /** Logs in as the owner of the mailbox, as the administrator for it, or with one of our logins. */
  as(who: 'owner' | 'administrator' | 'countersign-read' | 'countersign-write'): Promise<ImapClient>;
  /** The folders in which a message with this id is. */
  foldersOf(id: string): Promise<readonly string[]>;
}

/** Starts a Dovecot of its own, with the two logins of the README, an administrator, and two mailboxes. */
export async function startMailTarget(): Promise<MailTarget> {
  const secret = () => `canary-${randomBytes(12).toString('hex')}`;
  const passwords = { read: secret(), write: secret(), admin: secret(), alice: secret(), kept: secret() };
  const server = await startDovecot(
    { 'countersign-read': passwords.read, 'countersign-write': passwords.write, administrator: passwords.admin },
    { [ALICE]: passwords.alice, [KEPT]: passwords.kept },
  );
  const as: MailTarget['as'] = async who => {
    if (who === 'owner') return await connectImap(server.port, ALICE, passwords.alice);
    const password = { 'countersign-read': passwords.read, 'countersign-write': passwords.write }[who as string];
    return await connectImap(server.port, who, password ?? passwords.admin, ALICE);
  };
  const admin = await as('administrator');
  for (const folder of FOLDERS) await admin.ask(`CREATE "${folder}"`);
  const deliver: MailTarget['deliver'] = (id, folder = 'INBOX', more = '') =>
    admin.append(folder, '\\Seen Important', messageOf(id, more));
  const kept = await connectImap(server.port, KEPT, passwords.kept);
  await kept.append('INBOX', '', messageOf(ID, ''));
  await kept.close();
  const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
  const settingsAt = (port: number) => ({ host: '127.0.0.1', port: String(port), tls: 'off', keptMailboxes: KEPT });
  const system: SystemConfig = { responder: 'imap-mail', system: 'mail', settings: settingsAt(server.port) };
  const proxied = { ...system, settings: settingsAt(proxy.port) };
  const [contain, release] = imapMailManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const listNow = async () => await listed(admin);
  const withId = async (id: string) => (await listNow()).filter(message => message.id === id);
  const foldersOf = async (id: string) => [...new Set((await withId(id)).map(({ folder }) => folder))].sort();
  let secrets = {
    read: passwords.read,
    write: passwords.write,
    probe: JSON.stringify({ [ALICE]: passwords.alice }),
  };
  const restore = async () => {
    proxy.reset();
    await server.rights(USUAL_RIGHTS);
    for (const folder of FOLDERS) await emptied(admin, folder);
    await deliver(ID);
    await deliver('<invoice-10@mail.example.net>');
  };
  const moved = (name: string, from: string, to: string): Change => ({
    name,
    apply: async () => void (await moveAll(admin, from, to)),
    revert: async () => void (await moveAll(admin, to, from)),
  });
  return {
    responder: imapMail,
    program: {
      module: new URL('../../src/responders/imap-mail/responder.ts', import.meta.url).href,
      name: 'imapMail',
    },
    effect: 'proven',
    system,
    proxied,
    proxy,
    get secrets() {
      return secrets;
    },
    contain,
    release,
    victim: VICTIM,
    server,
    deliver,
    as,
    foldersOf,
    restore,
    snapshot: async () =>
      JSON.stringify((await listNow()).map(({ uid: _uid, validity: _validity, ...rest }) => rest).sort(byText)),
    valueAt: async () => JSON.stringify(await foldersOf(ID)),
    isContained: async name => {
      const folders = await foldersOf(name.slice(name.indexOf('/') + 1));
      return folders.length === 1 && folders[0] === 'Quarantine';
    },
    version: async () => JSON.stringify((await withId(ID)).map(({ folder, validity, uid }) => [folder, validity, uid])),
    versionAfterPath: 'mail.versionAfter',
    asksForChange: sent =>
      /^c\d+ (?:UID )?(?:MOVE|COPY|STORE|EXPUNGE|APPEND|CREATE|DELETE|RENAME|SETACL|SELECT)/m.test(
        sent.toString('latin1'),
      ),
    drifts: [
      moved('a message that its owner moved', 'INBOX', 'Archive'),
      { name: 'a message that is gone', apply: () => emptied(admin, 'INBOX'), revert: restore },
      {
        name: 'a folder that was made anew',
        apply: async () => {
          await admin.ask('DELETE INBOX');
          await emptied(admin, 'INBOX');
          await deliver(ID);
        },
        revert: restore,
      },
    ],
    driftsAfter: [
      moved('a message that somebody took out of quarantine', 'Quarantine', 'Archive'),
      { name: 'a quarantine that was emptied', apply: () => emptied(admin, 'Quarantine'), revert: restore },
    ],
    scopes: [
      {
        name: 'the login that reads',
        apply: async () => {
          secrets = { ...secrets, read: `${passwords.read}-gone` };
        },
        revert: async () => {
          secrets = { ...secrets, read: passwords.read };
        },
      },
      ...['l', 'r', ''].map(rights => ({
        name: `all but ${JSON.stringify(rights)} of lr of the login that reads`,
        apply: () => server.rights({ ...USUAL_RIGHTS, 'user=countersign-read': rights }),
        revert: () => server.rights(USUAL_RIGHTS),
      })),
      {
        name: 'l on the quarantine of the login that reads',
        apply: () => server.rights(USUAL_RIGHTS, { owner: '', '-user=countersign-read': 'lr' }),
        revert: () => server.rights(USUAL_RIGHTS),
      },
    ],
    forbidden: forbiddenOf(as),
    lie: {
      name: 'a lie',
      system: proxied,
      async apply() {
        proxy.reset();
        const saidFor = (tag: string) => `* OK [COPYUID 1 1:9999 1:9999] Moved UIDs.\r\n${tag} OK Move completed.\r\n`;
        proxy.answer(piece => {
          const tag = /^(c\d+) UID MOVE (\d+)/m.exec(piece.toString('latin1'));
          return tag === null ? undefined : Buffer.from(saidFor(tag[1] ?? '').replaceAll('1:9999', tag[2] ?? ''));
        });
      },
      revert: async () => proxy.reset(),
    },
    containAlone: async () => {
      await admin.ask('SELECT INBOX');
      await admin.ask('UID COPY 1:* Quarantine');
    },
    async hold() {
      const client = await as('owner');
      await client.ask('SELECT INBOX');
      const uid = /\* SEARCH (\d+)/.exec(await client.ask(`UID SEARCH HEADER Message-ID "${ID}"`))?.[1] ?? '0';
      return {
        async reads() {
          // As every client does, now and then: it is told then what has gone.
          await client.ask('NOOP');
          return (await client.ask(`UID FETCH ${uid} (BODY.PEEK[TEXT])`)).includes('pay at once');
        },
        close: () => client.close(),
      };
    },
    rests: {
      name: 'what rests on it',
      mentions: [
        'in Archive/2026, opened already',
        'in INBOX, opened already',
        'from Rosa <r@example.net>',
        'Zahlung für März',
      ],
      apply: () => deliver(ID, 'Archive/2026'),
      revert: () => emptied(admin, 'Archive/2026'),
    },
    untouchable: [{ name: `${KEPT}/${ID}`, reason: 'not_expressible', isRefusedByTarget: true }],
    hostileNames: hostileNames(),
    hostileAccounts: hostileIds().map(id => `${ALICE}/${id}`),
    makeHostile: async name => ({
      name,
      apply: () => deliver(name.slice(name.indexOf('/') + 1)),
      revert: restore,
    }),
    async close() {
      await proxy.close();
      await admin.close();
      await server.stop();
    },
  };
}

function messageOf(id: string, more: string): string {
  const headers = [
    'From: Rosa <r@example.net>',
    'Subject: =?utf-8?q?Zahlung_f=C3=BCr_M=C3=A4rz?=',
    `Message-ID: ${id}`,
    'Date: Mon, 02 Mar 2026 10:00:00 +0000',
  ];
  return `${headers.join('\r\n')}\r\n${more}\r\nPlease pay at once.\r\n`;
}

/** Ids that somebody may have chosen so that a search finds another message, or none. */
function hostileIds(): readonly string[] {
  return [
    '*',
    '%',
    '<a"b\\c@evil.example>',
    '<x{3}@evil.example>',
    '<x)(UID@evil.example>',
    '<=?utf-8?q?abc?=@evil.example>',
    '=?utf-8?b?PGludm9pY2UtMUBtYWlsLmV4YW1wbGUubmV0Pg==?=',
    '<invoice-1@mail.example.net',
    'invoice-1@mail.example.net',
    '<INVOICE-1@mail.example.net>',
    '<..//../Quarantine@evil.example>',
    'NIL',
  ];
}

function hostileNames(): readonly string[] {
  return [
    '',
    '/',
    ALICE,
    `${ALICE}/`,
    `/${ID}`,
    ID,
    `${ALICE}/*`,
    `${ALICE}/ ${ID}`,
    `${ALICE}/${ID} `,
    `${ALICE}/${ID}\r\nc9 DELETE INBOX`,
    `${ALICE}/${ID}\0`,
    `${ALICE}/${ID.slice(1, -1)}`,
    `${ALICE}/${ID.toUpperCase()}`,
    `${ALICE}/<invoice-1@mail`,
    `${ALICE}/<invoice\uff0d1@mail.example.net>`,
    `${ALICE}/\u202e${ID}`,
    `${ALICE}/" OR ALL "`,
    `${ALICE}/{3}`,
    `${ALICE.toUpperCase()}/${ID}`,
    `${ALICE}*countersign-write/${ID}`,
    `${ALICE}\0administrator/${ID}`,
    `nobody@example.org/${ID}`,
    `../${ALICE}/${ID}`,
    `%/${ID}`,
    `${ALICE}/${'v'.repeat(600)}`,
    '\ud800',
  ];
}

interface Listed {
  readonly folder: string;
  readonly validity: string;
  readonly uid: number;
  readonly id: string;
  readonly flags: string;
  readonly arrived: string;
  readonly body: string;
}

/** Every message of every folder, as the administrator sees it. */
async function listed(admin: ImapClient): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  for (const folder of [...FOLDERS].sort()) {
    const opened = await admin.ask(`EXAMINE "${folder}"`);
    const validity = /UIDVALIDITY (\d+)/.exec(opened)?.[1] ?? '';
    if (!/\* [1-9]\d* EXISTS/.test(opened)) continue;
    const text = await admin.ask('UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])');
    for (const piece of text.split(/^(?=\* \d+ FETCH )/m).filter(one => one.startsWith('* '))) {
      const body = piece.slice(piece.indexOf('\n') + 1);
      all.push({
        folder,
        validity,
        uid: Number(/UID (\d+)/.exec(piece)?.[1]),
        id: /^Message-ID: (.*)\r$/m.exec(body)?.[1] ?? '',
        flags: (/FLAGS \(([^)]*)\)/.exec(piece)?.[1] ?? '')
          .split(' ')
          .filter(flag => flag !== '\\Recent')
          .sort()
          .join(' '),
        arrived: /INTERNALDATE "([^"]*)"/.exec(piece)?.[1] ?? '',
        body: createHash('sha256')
          .update(body.slice(0, body.indexOf('at once.')))
          .digest('hex'),
      });
    }
  }
  return all;
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

async function emptied(admin: ImapClient, folder: string): Promise<void> {
  await admin.ask(`SELECT "${folder}"`);
  await admin.ask('UID STORE 1:* +FLAGS.SILENT (\\Deleted)');
  await admin.ask('EXPUNGE');
}

async function moveAll(admin: ImapClient, from: string, to: string): Promise<string> {
  await admin.ask(`SELECT "${from}"`);
  return await admin.ask(`UID MOVE 1:* "${to}"`);
}

function forbiddenOf(as: MailTarget['as']): ConformanceTarget['forbidden'] {
  const both = [
    'CREATE Mine',
    'DELETE Archive',
    'RENAME Archive Mine',
    'SETACL INBOX countersign-read lrswipkxtea',
    'GETACL INBOX',
    'UID STORE 1:* +FLAGS (\\Deleted)',
  ];
  const readOnly = ['UID MOVE 1:* Quarantine', 'UID COPY 1:* Archive', 'UID STORE 1:* +FLAGS (\\Flagged)'];
  const attempt = (who: 'countersign-read' | 'countersign-write', command: string) => async () => {
    const client = await as(who);
    try {
      await client.ask('SELECT INBOX');
      const said = await client.ask(command);
      // A server may say yes to flags that it then does not set: what is set is read.
      if (command.startsWith('UID STORE'))
        return (await client.ask('UID FETCH 1:* (FLAGS)')).includes(/\\(?:Deleted|Flagged)/.exec(command)?.[0] ?? '');
      return !/^t\d+ NO/m.test(said) && !said.includes('ignored with read-only');
    } finally {
      await client.close();
    }
  };
  return [
    ...[...both, ...readOnly].map(text => ({ name: `read: ${text}`, isAllowed: attempt('countersign-read', text) })),
    ...both.map(text => ({ name: `write: ${text}`, isAllowed: attempt('countersign-write', text) })),
  ];
}
