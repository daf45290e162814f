import type { Result } from '../base/result.ts';
import type { Notice, NoticeKind, QuietHours } from '../model/notice.ts';

/** How a connection to a mail server is protected. `none` is for this machine only. */
export type MailSecurity = 'starttls' | 'tls' | 'none';

/** A way by which notices leave, as an operator configured it. */
export interface ChannelConfig {
  /** The operator's name for it. */
  readonly name: string;
  readonly kind: string;
  /** Of a hook. The address of a Slack hook is a credential and stands there instead. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  readonly user: string;
  readonly from: string;
  /** Addresses that an administrator named; mail to anybody else goes to people who confirmed their own. */
  readonly to: readonly string[];
  /** Where not empty, people may only name addresses in these domains. */
  readonly domains: readonly string[];
  readonly kinds: readonly NoticeKind[];
  /** Whether names of telemetry may leave by it. */
  readonly allowsNames: boolean;
  /** Whether it may lead to a private address. */
  readonly mayBePrivate: boolean;
  readonly quiet: QuietHours;
  /** PEM of the authority that signed its certificate, where the usual ones did not. */
  readonly ca: string | undefined;
}

/** With its credential. Nobody but the server has these. */
export interface ConnectedChannel {
  readonly config: ChannelConfig;
  readonly credential: string;
}

/** Why a notice did not leave. */
export interface NotifyFailure {
  readonly kind: 'timed_out' | 'unreachable' | 'refused' | 'insecure' | 'not_allowed' | 'redirected';
  /** For people: `timed out after 10 s`, `answered 403`. No credential and no address stands in it. */
  readonly because: string;
  /** Trying again would end the same way. */
  readonly isFinal: boolean;
  /** It may have arrived all the same: what was said had left before the trouble. */
  readonly mayHaveArrived: boolean;
}

/** One sending of a notice. */
export interface Telling {
  readonly notice: Notice;
  /** Addresses of a mail; empty for a hook. */
  readonly to: readonly string[];
  /** It may have arrived before, which is said in it. */
  readonly isRepeat: boolean;
}

/** Says a notice to one kind of channel. It hears nothing: no notifier has a way in. Never throws for what is out there. */
export interface Notifier {
  readonly kind: string;
  readonly title: string;
  /** Why these settings are no channel of this kind; undefined where they are. */
  check(channel: ConnectedChannel): string | undefined;
  tell(channel: ConnectedChannel, telling: Telling, signal: AbortSignal): Promise<Result<true, NotifyFailure>>;
}
