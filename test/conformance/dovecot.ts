import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { notHere, startServer } from './server-process.ts';

/** Dovecot starts its own processes under accounts of its own, which only root can. */
export const NO_DOVECOT =
  notHere('/usr/lib/dovecot/imap', 'dovecot-imapd') ??
  (process.getuid?.() === 0 ? undefined : 'only root can start a Dovecot with its processes apart');

/** Whom mailboxes belong to on the disk. Made up; nobody has this number. */
const MAIL_UID = 61_480;

/** Rights that the README names, on every folder of everybody. */
export const USUAL_RIGHTS = {
  'user=countersign-read': 'lr',
  'user=countersign-write': 'lrswei',
  'user=administrator': 'lrwstipekxa',
} as const;

const config = (home: string, port: number) => `
base_dir = ${home}/run
log_path = ${home}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_failure_delay = 0
default_vsz_limit = 0
mail_uid = ${MAIL_UID}
mail_gid = ${MAIL_UID}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_plugins = acl
mail_max_userip_connections = 100
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile:${home}/rights:cache_secs=0
}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = passwd-file
  args = ${home}/logins
  master = yes
  result_success = continue
}
passdb {
  driver = passwd-file
  args = ${home}/mailboxes
}
userdb {
  driver = static
  args = uid=${MAIL_UID} gid=${MAIL_UID} home=${home}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Quarantine {
    auto = create
  }
}
`;

export interface Dovecot {
  readonly port: number;
  /** Sets the rights of everybody on every folder, and who may do what with the quarantine beside that. */
  rights(
    rights: { readonly [who: string]: string },
    quarantine?: { readonly [who: string]: string },
    folders?: string,
  ): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Dovecot of its own. Logins may log in for the users of mailboxes; users for themselves. */
export async function startDovecot(
  logins: { readonly [name: string]: string },
  mailboxes: { readonly [user: string]: string },
): Promise<Dovecot> {
  const home = await mkdtemp(join(tmpdir(), 'cs-dovecot-'));
  const port = await freePort();
  await mkdir(join(home, 'mail'), { mode: 0o700 });
  await chown(join(home, 'mail'), MAIL_UID, MAIL_UID);
  const passwords = (of: { readonly [name: string]: string }) =>
    Object.entries(of)
      .map(([name, password]) => `${name}:{PLAIN}${password}\n`)
      .join('');
  const lines = (folders: string, rights: { readonly [who: string]: string }) =>
    Object.entries(rights)
      .map(([who, letters]) => `${folders} ${who} ${letters}\n`)
      .join('');
  await writeFile(join(home, 'logins'), passwords(logins));
  await writeFile(join(home, 'mailboxes'), passwords(mailboxes));
  await writeFile(join(home, 'd.conf'), config(home, port));
  const rights: Dovecot['rights'] = async (all, quarantine = { owner: '' }, folders = '*') =>
    await writeFile(join(home, 'rights'), lines(folders, all) + lines('Quarantine', quarantine));
  await rights(USUAL_RIGHTS);
  // The processes that serve mailboxes pass through it.
  await chmod(home, 0o755);
  const server = await startServer('dovecot', ['-F', '-c', join(home, 'd.conf')], port);
  return {
    port,
    rights,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
