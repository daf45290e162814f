/** One port on which syslog is listened for. Off unless an operator named it. */
export interface SyslogListen {
  /** The name that what comes is known by. */
  readonly source: string;
  readonly transport: 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  /** PEM texts. Where there is a client CA, nobody without a certificate of it is heard. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string | undefined } | undefined;
}
