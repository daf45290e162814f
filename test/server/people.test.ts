import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealed } from '../../src/core/decide/closed.ts';
import { createAuthenticator, createBrowserKey, createLinkKey } from '../authenticator.ts';
import { Browser, enrolmentStatement, firstAdministrator, startTestServer, type TestServer } from './harness.ts';

describe('people', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  const types = async () => {
    const { rows } = await server.db.ownerPool.query('SELECT entry FROM audit_entry ORDER BY idx');
    const pending = await server.db.ownerPool.query('SELECT entry FROM audit_pending ORDER BY place');
    return [...rows, ...pending.rows].map(row => JSON.parse(row.entry.toString()).type);
  };

  test('come in one by one: the first by the link of the installation, the next by a signed invitation', async () => {
    const admin = await firstAdministrator(server);
    expect(admin.me?.person?.roles).toEqual(['administrator', 'owner', 'responder']);
    const link = await admin.invite('Rita Responder', ['responder']);
    const rita = new Browser(server);
    expect((await rita.enrol(link, 'another name is ignored')).status).toBe(200);
    expect((await rita.signIn()).status).toBe(200);
    expect(rita.me?.person).toMatchObject({ name: 'Rita Responder', roles: ['responder'] });
    expect(rita.me?.possibleT3Reviewers).toBe(2);
    expect(await types()).toEqual([
      'installation.made',
      'rule.began',
      'person.enrolled',
      'session.endorsed',
      'person.invited',
      'person.enrolled',
      'session.endorsed',
    ]);
    const people = await admin.get('/api/v1/people');
    expect(people.body.map((row: { name: string }) => row.name)).toEqual(['Ada Administrator', 'Rita Responder']);
  });

  test('use a link once, also when two race for it', async () => {
    const browsers = [new Browser(server), new Browser(server), new Browser(server)];
    const answers = await Promise.all(browsers.map((browser, i) => browser.enrol(server.link, `Racer ${i}`)));
    expect(answers.filter(answer => answer.status === 200)).toHaveLength(1);
    const { rows } = await server.db.ownerPool.query('SELECT count(*)::int AS n FROM enrolment');
    expect(rows[0].n).toBe(1);
    const late = await new Browser(server).enrol(server.link, 'Late');
    expect(late).toMatchObject({ status: 410, body: { code: 'enrolment.link_used' } });
  });

  test('are not enrolled by whoever knows only the public half of a link', async () => {
    const thief = new Browser(server);
    const forged = { publicKey: server.link.publicKey, sign: createLinkKey().sign };
    expect((await thief.enrol(forged, 'Thief')).body.code).toBe('enrolment.bad_signature');
    const { rows } = await server.db.ownerPool.query('SELECT count(*)::int AS n FROM enrolment');
    expect(rows[0].n).toBe(0);
  });

  test('are not enrolled with a key that the passkey does not hold', async () => {
    const browser = new Browser(server);
    const begun = await browser.post('/api/v1/enrol/begin', { linkPublicKey: server.link.publicKey });
    const other = createAuthenticator('localhost', server.origin);
    const credential = { ...browser.passkey.credential, publicKeySpki: other.credential.publicKeySpki };
    const { digest } = sealed('countersign/enrolment/v1', enrolmentStatement(begun.body, credential));
    const answer = await browser.post('/api/v1/enrol/finish', {
      invitation: 'genesis',
      name: 'Mallory',
      credential,
      registration: browser.passkey.register(begun.body.creationOptions),
      linkSignature: server.link.sign(Buffer.from(digest, 'hex')),
    });
    expect(answer.body.code).toBe('enrolment.bad_signature');
  });

  test.each([
    ['without user verification', { uv: false }],
    ['inside another site’s frame', { crossOrigin: true }],
    ['with a page above it', { topOrigin: 'https://evil.example' }],
    ['for another site', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
  ])('are not enrolled by a passkey that was made %s', async (_how, wrong) => {
    const browser = new Browser(server);
    const begun = await browser.post('/api/v1/enrol/begin', { linkPublicKey: server.link.publicKey });
    const { credential } = browser.passkey;
    const { digest } = sealed('countersign/enrolment/v1', enrolmentStatement(begun.body, credential));
    const finish = (wrongly: object) =>
      browser.post('/api/v1/enrol/finish', {
        invitation: 'genesis',
        name: 'Ada',
        credential,
        registration: browser.passkey.register(begun.body.creationOptions, wrongly),
        linkSignature: server.link.sign(Buffer.from(digest, 'hex')),
      });
    expect((await finish(wrong)).body.code).toBe('enrolment.bad_signature');
    // The same without the fault is taken: it was the fault that was refused.
    expect((await finish({})).status).toBe(200);
  });

  test.each([
    ['without user verification', { uv: false }],
    ['without a person present', { up: false }],
    ['inside another site’s frame', { crossOrigin: true }],
    ['for another site', { origin: 'https://evil.example' }],
    ['as a registration', { type: 'webauthn.create' }],
    ['as a payment', { type: 'payment.get' }],
  ])('do not sign in by an assertion that was made %s', async (_how, wrong) => {
    const admin = await firstAdministrator(server);
    const again = new Browser(server);
    again.passkey = admin.passkey;
    const begun = await again.post('/api/v1/session/begin', { sessionPublicKey: again.sessionKey.publicKeySpki });
    const challenge = Buffer.from(begun.body.challenge, 'base64url');
    const finish = (wrongly: object) =>
      again.post('/api/v1/session/finish', {
        session: begun.body.statement.session,
        signature: { kind: 'passkey', assertion: again.passkey.assert(challenge, wrongly) },
      });
    expect((await finish(wrong)).body.code).toBe('review.bad_signature');
    expect((await finish({})).status).toBe(200);
  });

  test('cannot use an assertion twice, and a session’s challenge is for that session only', async () => {
    const admin = await firstAdministrator(server);
    const begun = await admin.post('/api/v1/session/begin', { sessionPublicKey: admin.sessionKey.publicKeySpki });
    const assertion = admin.passkey.assert(Buffer.from(begun.body.challenge, 'base64url'));
    const request = { session: begun.body.statement.session, signature: { kind: 'passkey', assertion } };
    const twice = await Promise.all([
      admin.post('/api/v1/session/finish', request),
      new Browser(server).post('/api/v1/session/finish', request),
    ]);
    expect(twice.filter(answer => answer.status === 200)).toHaveLength(1);
    const other = await new Browser(server).post('/api/v1/session/begin', {
      sessionPublicKey: createBrowserKey().publicKeySpki,
    });
    const moved = await new Browser(server).post('/api/v1/session/finish', {
      ...request,
      session: other.body.statement.session,
    });
    expect(moved.body.code).toBe('review.bad_signature');
  });

  test('lose their session when they end it', async () => {
    const admin = await firstAdministrator(server);
    const { cookie } = admin;
    expect((await admin.get('/api/v1/incidents')).status).toBe(200);
    expect((await admin.post('/api/v1/session/end', {})).status).toBe(204);
    admin.cookie = cookie;
    expect((await admin.get('/api/v1/incidents')).body.code).toBe('session.missing');
  });

  test('who are no administrators cannot invite, nor with an administrator’s session but another key', async () => {
    const admin = await firstAdministrator(server);
    const link = await admin.invite('Anna Analyst', ['analyst']);
    const anna = new Browser(server);
    await anna.enrol(link, '');
    await anna.enrol(link, 'Anna Analyst');
    await anna.signIn();
    const asked = await anna.post('/api/v1/invitations/begin', {
      name: 'Friend',
      roles: ['administrator'],
      linkPublicKey: createLinkKey().publicKey,
    });
    expect(asked).toMatchObject({ status: 403, body: { code: 'access.denied' } });
    const begun = await admin.post('/api/v1/invitations/begin', {
      name: 'Friend',
      roles: ['administrator'],
      linkPublicKey: createLinkKey().publicKey,
    });
    const assertion = anna.passkey.assert(Buffer.from(begun.body.challenge, 'base64url'));
    const finished = await admin.post('/api/v1/invitations/finish', {
      invitation: begun.body.invitation.id,
      assertion,
    });
    expect(finished.body.code).toBe('review.bad_signature');
    expect(await types()).toContain('access.denied');
  });

  test('enrol by a browser key in a demo, and nowhere else', async () => {
    const enrol = async (where: TestServer) => {
      const browser = new Browser(where);
      const key = createBrowserKey();
      const begun = await browser.post('/api/v1/enrol/begin', { linkPublicKey: where.link.publicKey });
      const { digest } = sealed('countersign/enrolment/v1', enrolmentStatement(begun.body, key.credential));
      return browser.post('/api/v1/enrol/finish', {
        invitation: 'genesis',
        name: 'Demo person',
        credential: key.credential,
        registration: null,
        linkSignature: where.link.sign(Buffer.from(digest, 'hex')),
      });
    };
    expect((await enrol(server)).body.code).toBe('enrolment.not_allowed');
    const demo = await startTestServer({ demo: true });
    try {
      expect((await enrol(demo)).status).toBe(200);
    } finally {
      await demo.close();
    }
  });

  test('are still who they were after a restart', async () => {
    const admin = await firstAdministrator(server);
    await server.restart();
    expect((await admin.get('/api/v1/me')).body.person.name).toBe('Ada Administrator');
    expect((await types()).filter(type => type === 'installation.made')).toHaveLength(1);
  });
});
