import { once } from 'node:events';
import { connect } from 'node:net';

/** A client of a test's own, which sends what it is told and gives back what came, as text. */
export interface ImapClient {
  /** Everything up to the tagged answer, that one included. */
  ask(command: string): Promise<string>;
  append(folder: string, flags: string, message: string): Promise<void>;
  close(): Promise<void>;
}

/** Logs in by SASL PLAIN, for the mailbox of another where one is named. Rejects where it is turned down. */
export async function connectImap(port: number, login: string, password: string, mailbox = ''): Promise<ImapClient> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let text = '';
  let isClosed = false;
  let wake: () => void = () => undefined;
  socket.on('data', piece => {
    text += piece.toString('latin1');
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  const until = async (end: RegExp): Promise<string> => {
    for (;;) {
      const found = end.exec(text);
      if (found !== null) {
        const whole = text.slice(0, found.index + found[0].length);
        text = text.slice(whole.length);
        return whole;
      }
      if (isClosed) throw new Error(`the connection was closed: ${text}`);
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };
  let number = 0;
  const send = (tag: string, command: string) => void socket.write(`${tag} ${command}\r\n`, 'latin1');
  const ask = async (command: string) => {
    const tag = `t${++number}`;
    send(tag, command);
    return await until(new RegExp(`(?:^|\\n)${tag} [^\\n]*\\n`));
  };
  await until(/^\* OK[^\n]*\n/);
  const said = await ask(`AUTHENTICATE PLAIN ${Buffer.from(`${mailbox}\0${login}\0${password}`).toString('base64')}`);
  const close = async () => {
    const closed = once(socket, 'close');
    socket.destroy();
    if (!isClosed) await closed;
  };
  if (!/t1 OK/.test(said)) {
    await close();
    throw new Error(`${login} was turned down: ${said}`);
  }
  return {
    ask,
    async append(folder, flags, message) {
      const tag = `t${++number}`;
      send(tag, `APPEND "${folder}" (${flags}) "02-Mar-2026 10:00:00 +0000" {${Buffer.byteLength(message)}}`);
      await until(/(?:^|\n)\+ [^\n]*\n/);
      socket.write(`${message}\r\n`);
      const answer = await until(new RegExp(`(?:^|\\n)${tag} [^\\n]*\\n`));
      if (!answer.includes(`${tag} OK`)) throw new Error(`not taken in: ${answer}`);
    },
    close,
  };
}
