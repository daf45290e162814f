import { accessSync, constants } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a real browser is installed; undefined where none is, and the tests that need it are skipped by name. */
export function findChromium(): string | undefined {
  return CANDIDATES.find(path => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // The sandbox needs a kernel setting that containers lack; what is opened here is our own pages.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
}

/** One person's browser: its own cookies and keys, a virtual authenticator, and all that went wrong in it. */
export interface Profile {
  readonly page: Page;
  readonly context: BrowserContext;
  by(testId: string): Locator;
  /** Errors of the console and of scripts, and answers of 400 and above, in the order in which they came. */
  readonly troubles: readonly string[];
  /** Addresses that were asked for outside the installation. */
  readonly foreignRequests: readonly string[];
}

export interface ProfileOptions {
  readonly origin: string;
  readonly width?: number;
  readonly height?: number;
}

/** Opens a profile with an authenticator that is always touched and always knows its user. */
export async function openProfile(
  browser: Browser,
  { origin, width = 1280, height = 800 }: ProfileOptions,
): Promise<Profile> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: 'light', locale: 'en-GB' });
  const page = await context.newPage();
  const troubles: string[] = [];
  const foreignRequests: string[] = [];
  page.setDefaultTimeout(20_000);
  page.on('pageerror', error => troubles.push(`script: ${error.message}`));
  page.on('console', message => {
    // The browser writes a line for each answer of 400 and above; those are counted below, with their address.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      troubles.push(`console: ${message.text()}`);
  });
  page.on('response', response => {
    if (response.status() >= 400) troubles.push(`${response.status()} ${response.url()}`);
  });
  context.on('request', request => {
    const url = request.url();
    if (/^(https?|wss?):/.test(url) && new URL(url).origin !== origin) foreignRequests.push(url);
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, context, by: testId => page.getByTestId(testId), troubles, foreignRequests };
}
