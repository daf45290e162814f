import { chmod, chown, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, fileRefusal, Refusal } from './refusal.ts';

/** Writes a file with secrets: whole or not at all, 0600, and of whoever the folder belongs to. */
export async function writeForFolder(file: string, text: string): Promise<void> {
  try {
    const owner = await stat(dirname(file));
    const next = await open(`${file}.next`, 'w', 0o600);
    try {
      await next.writeFile(text);
      await next.sync();
    } finally {
      await next.close();
    }
    await chmod(`${file}.next`, 0o600);
    if (process.getuid?.() === 0) await chown(`${file}.next`, owner.uid, owner.gid);
    await rename(`${file}.next`, file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new Refusal(
        `there is no installation on ${dirname(dirname(file))}; run \`countersign start\` once, or name its directory with --data.`,
      );
    throw fileRefusal(error, file);
  }
}
