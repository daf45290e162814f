import { runServer } from '../../src/api/serve.ts';
import type { ServerSecrets } from '../../src/ports/secrets.ts';

let text = '';
for await (const chunk of process.stdin) text += String(chunk);
const running = await runServer(JSON.parse(text) as ServerSecrets);
process.on('SIGTERM', () => void running.stop().then(() => process.exit(0)));
process.stdout.write('listening\n');
