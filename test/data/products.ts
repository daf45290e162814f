import type { AlertFields } from '../../src/model/alert.ts';

/** A record of a product that has no source of its own, in that product's shape, and what it says. `absent`: what it must not be taken to say. */
export interface ProductRecord {
  readonly product: string;
  readonly raw: unknown;
  readonly says: AlertFields;
  readonly absent?: readonly (keyof AlertFields)[];
}

/** Written by hand after the vendors' documented formats; names and addresses are those kept for documentation. */
export const PRODUCTS: readonly ProductRecord[] = [
  {
    product: 'auth0',
    raw: { log_id: '90020', data: { date: '2026-03-02T10:00:00.000Z', type: 'fp', description: 'Wrong email or password.', connection: 'db', client_id: 'c1', client_name: 'Portal', ip: '203.0.113.7', user_agent: 'Mozilla/5.0', hostname: 'tenant.example.com', user_id: 'auth0|5f', user_name: 'kim@example.com', strategy: 'auth0' } },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.7', user: 'kim@example.com', action: 'fp' },
  },
  {
    product: 'onelogin',
    raw: { uuid: 'a-1', account_id: 55, event_timestamp: '2026-03-02 10:00:00 UTC', event_type_id: 5, actor_user_id: 7, actor_user_name: 'Kim Doe', actor_system: '', user_id: 9, user_name: 'Sam Roe', ipaddr: '198.51.100.4', app_name: 'Mail', notes: 'assigned' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '198.51.100.4', user: 'Kim Doe' },
  },
  {
    product: 'box',
    raw: { source: { type: 'file', id: '11', name: 'plan.docx', owned_by: { type: 'user', id: '2', name: 'Sam', login: 'sam@example.com' } }, created_by: { type: 'user', id: '1', name: 'Kim', login: 'kim@example.com' }, action_by: null, created_at: '2026-03-02T02:00:00-08:00', event_id: 'e', event_type: 'DOWNLOAD', ip_address: '192.0.2.14', type: 'event', session_id: null },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.14', user: 'kim@example.com', action: 'DOWNLOAD' },
  },
  {
    product: 'databricks',
    raw: { version: '2.0', timestamp: 1772445600123, sourceIPAddress: '203.0.113.20', userAgent: 'x', sessionId: 's', userIdentity: { email: 'kim@example.com', subjectName: null }, serviceName: 'clusters', actionName: 'delete', requestId: 'r', requestParams: { cluster_id: '1', user: 'sam@example.com' }, response: { statusCode: 200, errorMessage: null } },
    says: { time: '2026-03-02T10:00:00.123Z', src_ip: '203.0.113.20', user: 'kim@example.com', action: 'delete', outcome: 'success' },
  },
  {
    product: 'zoom',
    raw: { event: 'user.deactivated', event_ts: 1772445600000, payload: { account_id: 'A', operator: 'kim@example.com', operator_id: 'o', object: { id: 'u', first_name: 'Sam', email: 'sam@example.com', type: 1 } } },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim@example.com', action: 'user.deactivated' },
  },
  {
    product: 'dropbox',
    raw: { timestamp: '2026-03-02T10:00:00Z', event_category: { '.tag': 'logins' }, actor: { '.tag': 'user', user: { '.tag': 'team_member', account_id: 'dbid:1', display_name: 'Kim Doe', email: 'kim@example.com', team_member_id: 'dbmid:1' } }, origin: { geo_location: { city: 'X', country: 'US', ip_address: '203.0.113.5' }, access_method: { '.tag': 'end_user' } }, event_type: { '.tag': 'login_fail', description: 'Failed to sign in' }, details: { '.tag': 'login_fail_details' } },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.5', user: 'kim@example.com', action: 'login_fail' },
  },
  {
    product: 'jira-audit',
    raw: { id: 1, summary: 'User added to group', remoteAddress: '198.51.100.9', authorKey: 'kim', authorAccountId: '5b10', created: '2026-03-02T10:00:00.000+0000', category: 'group management', eventSource: '', objectItem: { name: 'admins', typeName: 'GROUP' }, associatedItems: [{ id: 'x', name: 'sam', typeName: 'USER' }] },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '198.51.100.9', user: 'kim' },
  },
  {
    product: 'tailscale',
    raw: { eventTime: '2026-03-02T10:00:00Z', type: 'CONFIG', deferredAt: '0001-01-01T00:00:00Z', eventGroupID: 'g', origin: 'ADMIN_CONSOLE', actor: { id: 'u1', type: 'USER', loginName: 'kim@example.com', displayName: 'Kim Doe' }, target: { id: 'n1', name: 'laptop.tail.ts.net', type: 'NODE' }, action: 'DELETE' },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim@example.com', action: 'DELETE' },
  },
  {
    product: 'teleport',
    raw: { 'addr.local': '192.0.2.10:3022', 'addr.remote': '203.0.113.8:52001', cluster_name: 'c', code: 'T2000I', ei: 0, event: 'session.start', login: 'root', namespace: 'default', server_hostname: 'node-1', server_id: 's', sid: 'x', time: '2026-03-02T10:00:00.5Z', uid: 'u', user: 'kim@example.com' },
    says: { time: '2026-03-02T10:00:00.500Z', src_ip: '203.0.113.8', src_port: '52001', user: 'kim@example.com', action: 'session.start', host: 'node-1' },
  },
  {
    product: 'cloudflare-firewall',
    raw: { Action: 'block', ClientASN: 64500, ClientCountry: 'us', ClientIP: '203.0.113.77', ClientRequestHost: 'www.example.com', ClientRequestMethod: 'GET', ClientRequestPath: '/wp-login.php', ClientRequestQuery: '', Datetime: '2026-03-02T10:00:00Z', EdgeResponseStatus: 403, Kind: 'firewall', Source: 'firewallrules', RuleID: 'abc', RayID: '1' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.77', action: 'block', outcome: 'failure', url: '/wp-login.php', domain: 'www.example.com' },
    absent: ['host', 'user'],
  },
  {
    product: 'cloudflare-audit',
    raw: { action: { result: true, type: 'login' }, actor: { email: 'kim@example.com', id: 'a1', ip: '198.51.100.33', type: 'user' }, id: 'x', interface: 'UI', metadata: {}, newValue: '', oldValue: '', owner: { id: 'o' }, resource: { id: 'r', type: 'account' }, when: '2026-03-02T10:00:00Z' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '198.51.100.33', user: 'kim@example.com', action: 'login', outcome: 'success' },
  },
  {
    product: 'fastly-waf',
    raw: { timestamp: '2026-03-02T10:00:00Z', client_ip: '203.0.113.2', geo_country: 'US', host: 'shop.example.com', url: '/a?b=c', request_method: 'POST', request_user_agent: 'curl', request_referer: '', response_status: 406, waf_rule_id: '942100' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.2', url: '/a?b=c', action: 'POST' },
  },
  {
    product: 'fortigate',
    raw: 'date=2026-03-02 time=10:00:00 devname="FG-1" devid="FGT1" eventtime=1772445600123456789 tz="+0000" logid="0419016384" type="utm" subtype="ips" eventtype="signature" level="alert" severity="high" srcip=192.0.2.55 srccountry="Reserved" dstip=198.51.100.80 srcintf="lan" dstintf="wan" sessionid=9 action="dropped" proto=6 service="HTTP" attack="Web.Shell" srcport=50123 dstport=80 hostname="host.example.com" url="/x.php" msg="web: Web.Shell"',
    says: { time: '2026-03-02T10:00:00.123Z', src_ip: '192.0.2.55', dst_ip: '198.51.100.80', src_port: '50123', dst_port: '80', action: 'dropped', outcome: 'failure', rule_name: 'Web.Shell', host: 'FG-1', url: '/x.php' },
  },
  {
    product: 'fortigate-event',
    raw: 'date=2026-03-02 time=10:00:00 devname="FG-1" devid="FGT1" logid="0100032002" type="event" subtype="system" level="alert" tz="+0100" logdesc="Admin login failed" sn="0" user="kim" ui="https(203.0.113.6)" method="https" srcip=203.0.113.6 dstip=192.0.2.1 action="login" status="failed" reason="passwd_invalid" msg="Administrator kim login failed"',
    says: { time: '2026-03-02T09:00:00.000Z', src_ip: '203.0.113.6', dst_ip: '192.0.2.1', user: 'kim', action: 'login', outcome: 'failure', host: 'FG-1' },
  },
  {
    product: 'umbrella-proxy',
    raw: { timestamp: '2026-03-02 10:00:00', policyidentitylabel: 'Kim', internalIp: '192.0.2.33', externalip: '203.0.113.1', destinationip: '198.51.100.7', contenttype: '', verdict: 'BLOCKED', url: 'http://bad.example.com/x', referer: '', useragent: '', statuscode: '403', amp: { sha256: 'a'.repeat(64) } },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.33', dst_ip: '198.51.100.7', url: 'http://bad.example.com/x' },
  },
  {
    product: 'meraki-flow',
    raw: '<134>1 1772445600.774247899 MX84 flows src=192.0.2.186 dst=198.51.100.23 mac=00:00:5E:00:53:01 protocol=tcp sport=58856 dport=15006 pattern: deny all',
    says: { time: '2026-03-02T10:00:00.774Z', host: 'MX84', src_ip: '192.0.2.186', dst_ip: '198.51.100.23', src_port: '58856', dst_port: '15006' },
  },
  {
    product: 'checkpoint',
    raw: '<134>1 2026-03-02T10:00:00Z gw-1 CheckPoint 1930 - [action:"Drop"; flags:"400644"; ifdir:"inbound"; ifname:"eth0"; origin:"192.0.2.254"; time:"1772445600"; dst:"198.51.100.44"; product:"VPN-1 & FireWall-1"; proto:"17"; s_port:"137"; service:"138"; src:"192.0.2.12"; rule_name:"Cleanup rule"]',
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.12', dst_ip: '198.51.100.44', src_port: '137', action: 'Drop', outcome: 'failure', rule_name: 'Cleanup rule' },
  },
  {
    product: 'zscaler-web',
    raw: { sourcetype: 'zscalernss-web', event: { datetime: '2026-03-02 10:00:00', reason: 'Not allowed', event_id: '7', protocol: 'HTTPS', action: 'Blocked', transactionsize: 1, urlsupercategory: 'x', url: 'bad.example.com/path', hostname: 'bad.example.com', serverip: '198.51.100.60', clientip: '192.0.2.60', clientpublicIP: '203.0.113.60', user: 'kim@example.com', department: 'IT', devicehostname: 'LAP-1', threatname: 'Win32.Trojan', requestmethod: 'GET' } },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.60', dst_ip: '198.51.100.60', user: 'kim@example.com', action: 'Blocked', outcome: 'failure', rule_name: 'Win32.Trojan', host: 'LAP-1' },
  },
  {
    product: 'sophos-central',
    raw: { when: '2026-03-02T10:00:00.000Z', created_at: '2026-03-02T10:00:05.000Z', id: '1', customer_id: 'c', severity: 'high', source: 'Kim Doe', location: 'LAP-2', name: "Malware detected: 'EICAR' at 'C:\\x'", type: 'Event::Endpoint::Threat::Detected', threat: 'EICAR', source_info: { ip: '192.0.2.71' }, endpoint_id: 'e', endpoint_type: 'computer', user_id: 'u' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.71', severity: 'high', action: 'Event::Endpoint::Threat::Detected' },
  },
  {
    product: 'netskope',
    raw: { _id: 'x', timestamp: 1772445600, type: 'nspolicy', access_method: 'Client', action: 'block', activity: 'Upload', alert: 'yes', alert_name: 'No uploads', alert_type: 'policy', app: 'Drive', browser: 'Chrome', device: 'Mac', hostname: 'LAP-3', srcip: '203.0.113.44', dstip: '198.51.100.45', userip: '192.0.2.44', user: 'kim@example.com', ur_normalized: 'kim@example.com', url: 'drive.example.com/u', dst_country: 'US', policy: 'No uploads', severity: 'high' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.44', dst_ip: '198.51.100.45', user: 'kim@example.com', rule_name: 'No uploads', host: 'LAP-3', severity: 'high', outcome: 'failure', action: 'block' },
  },
  {
    product: 'proofpoint-tap',
    raw: { GUID: 'g', QID: 'q', ccAddresses: [], messageTime: '2026-03-02T10:00:00.000Z', fromAddress: ['attacker@example.org'], headerFrom: '"Bank" <attacker@example.org>', recipient: ['kim@example.com'], sender: 'bounce@example.org', senderIP: '203.0.113.90', subject: 'Invoice', threatsInfoMap: [{ threat: 'http://bad.example.net/', threatType: 'URL', threatStatus: 'active', threatTime: '2026-03-02T11:00:00.000Z', classification: 'phish' }], toAddresses: ['kim@example.com'] },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.90', email_to: 'kim@example.com' },
  },
  {
    product: 'mimecast-ttp',
    raw: { userEmailAddress: 'kim@example.com', fromUserEmailAddress: 'attacker@example.org', url: 'https://bad.example.net/login', ttpDefinition: 'Default', subject: 'Hi', action: 'block', adminOverride: 'N/A', userOverride: 'None', scanResult: 'malicious', category: 'Phishing', sendingIp: '203.0.113.91', date: '2026-03-02T10:00:00+0000', route: 'inbound', messageId: '<m@example.org>' },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim@example.com', email_from: 'attacker@example.org', url: 'https://bad.example.net/login', src_ip: '203.0.113.91', action: 'block', outcome: 'failure' },
  },
  {
    product: 'osquery-process',
    raw: { name: 'process_events', hostIdentifier: 'web-1.example.com', calendarTime: 'Mon Mar  2 10:00:00 2026 UTC', unixTime: 1772445600, epoch: 0, counter: 1, columns: { auid: '1000', cmdline: 'curl http://198.51.100.9/x', parent: '1', path: '/usr/bin/curl', pid: '99', time: '1772445599', uid: '0' }, action: 'added' },
    says: { time: '2026-03-02T10:00:00.000Z', host: 'web-1.example.com', command_line: 'curl http://198.51.100.9/x', action: 'added' },
  },
  {
    product: 'auditd-execve',
    raw: 'type=SYSCALL msg=audit(1772445600.364:81): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 auid=1000 uid=0 comm="cat" exe="/usr/bin/cat" subj=unconfined key="exec"',
    says: { time: '2026-03-02T10:00:00.364Z', process: '/usr/bin/cat', outcome: 'success' },
  },
  {
    product: 'nginx-access',
    raw: '203.0.113.10 - - [02/Mar/2026:10:00:00 +0000] "POST /login HTTP/1.1" 401 612 "-" "curl/8"',
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.10', action: 'POST', url: '/login', outcome: 'failure' },
  },
  {
    product: 'nginx-error',
    raw: '2026/03/02 10:00:00 [error] 31#31: *5 open() "/srv/x" failed (2: No such file or directory), client: 203.0.113.11, server: www.example.com, request: "GET /x HTTP/1.1", host: "www.example.com"',
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.11', url: '/x' },
    absent: ['dst_ip'],
  },
  {
    product: 'apache-error',
    raw: '[Mon Mar 02 10:00:00.123456 2026] [authz_core:error] [pid 35:tid 140] [client 203.0.113.12:56902] AH01630: client denied by server configuration: /srv/secret',
    says: { time: '2026-03-02T10:00:00.123Z', src_ip: '203.0.113.12', src_port: '56902' },
  },
  {
    product: 'haproxy',
    raw: '<134>Mar  2 10:00:00 lb-1 haproxy[674]: 203.0.113.13:33317 [02/Mar/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1"',
    says: { src_ip: '203.0.113.13', src_port: '33317', host: 'lb-1', process: 'haproxy', url: '/index.html', action: 'GET', outcome: 'success' },
  },
  {
    product: 'bitwarden',
    raw: { object: 'event', type: 1700, itemId: null, collectionId: null, groupId: null, policyId: null, memberId: 'm', actingUserId: '3f0a1c2e-0000-4000-8000-000000000001', installationId: null, date: '2026-03-02T10:00:00.0000000Z', device: 9, ipAddress: '203.0.113.14', actingUserName: 'Kim', actingUserEmail: 'kim@example.com' },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.14', user: 'Kim' },
  },
  {
    product: 'snowflake-login',
    raw: { EVENT_ID: 1, EVENT_TIMESTAMP: '2026-03-02 10:00:00.000 Z', EVENT_TYPE: 'LOGIN', USER_NAME: 'KIM', CLIENT_IP: '203.0.113.15', REPORTED_CLIENT_TYPE: 'JDBC', FIRST_AUTHENTICATION_FACTOR: 'PASSWORD', IS_SUCCESS: 'NO', ERROR_CODE: 390100, ERROR_MESSAGE: 'INCORRECT_USERNAME_PASSWORD' },
    says: { user: 'KIM', src_ip: '203.0.113.15', action: 'LOGIN', outcome: 'failure' },
  },
  {
    product: 'mongodb-audit',
    raw: { atype: 'authenticate', ts: { $date: '2026-03-02T10:00:00.000+00:00' }, local: { ip: '192.0.2.5', port: 27017 }, remote: { ip: '203.0.113.16', port: 51000 }, users: [{ user: 'kim', db: 'admin' }], roles: [], param: { user: 'kim', db: 'admin', mechanism: 'SCRAM-SHA-256' }, result: 18 },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.16', src_port: '51000', user: 'kim', action: 'authenticate', dst_ip: '192.0.2.5', dst_port: '27017' },
  },
  {
    product: 'juniper-srx',
    raw: '<14>1 2026-03-02T10:00:00.000Z srx-1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 source-address="203.0.113.17" source-port="56639" destination-address="192.0.2.17" destination-port="23" service-name="telnet" protocol-id="6" policy-name="deny-all" source-zone-name="untrust" application="UNKNOWN" username="N/A"]',
    says: { time: '2026-03-02T10:00:00.000Z', host: 'srx-1', src_ip: '203.0.113.17', dst_ip: '192.0.2.17', src_port: '56639', dst_port: '23' },
  },
  {
    product: 'sshd-invalid',
    raw: '2026-03-02T10:00:00.000000+00:00 bastion sshd[55]: Invalid user oracle from 203.0.113.18 port 4444',
    says: { time: '2026-03-02T10:00:00.000Z', host: 'bastion', process: 'sshd', user: 'oracle', src_ip: '203.0.113.18', src_port: '4444' },
  },
  {
    product: 'sshd-accepted',
    raw: '2026-03-02T10:00:00Z bastion sshd[56]: Accepted publickey for kim from 203.0.113.19 port 50022 ssh2: ED25519 SHA256:abc',
    says: { time: '2026-03-02T10:00:00.000Z', host: 'bastion', process: 'sshd', user: 'kim', src_ip: '203.0.113.19', src_port: '50022', outcome: 'success' },
  },
  {
    product: 'postfix',
    raw: '2026-03-02T10:00:00Z mail postfix/smtp[71]: 3F1: to=<kim@example.com>, orig_to=<k@example.com>, relay=mx.example.net[198.51.100.25]:25, delay=0.5, dsn=2.0.0, status=sent (250 OK)',
    says: { time: '2026-03-02T10:00:00.000Z', host: 'mail', email_to: 'kim@example.com' },
  },
  {
    product: 'dovecot',
    raw: '2026-03-02T10:00:00Z mail dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<kim>, method=PLAIN, rip=203.0.113.21, lip=192.0.2.25, TLS, session=<x>',
    says: { time: '2026-03-02T10:00:00.000Z', host: 'mail', user: 'kim', src_ip: '203.0.113.21', dst_ip: '192.0.2.25' },
  },
  {
    product: 'crowdsec',
    raw: { created_at: '2026-03-02T10:00:00Z', scenario: 'crowdsecurity/ssh-bf', message: 'Ip 203.0.113.22 performed ssh-bf', source: { scope: 'Ip', value: '203.0.113.22', ip: '203.0.113.22', as_name: 'X' }, events_count: 6, start_at: '2026-03-02T09:59:00Z', stop_at: '2026-03-02T10:00:00Z' },
    says: { src_ip: '203.0.113.22' },
  },
  {
    product: 'carbonblack',
    raw: { type: 'CB_ANALYTICS', id: 'a', legacy_alert_id: 'l', org_key: 'o', create_time: '2026-03-02T10:00:10Z', first_event_time: '2026-03-02T10:00:00Z', severity: 7, category: 'THREAT', device_id: 1, device_os: 'WINDOWS', device_name: 'CORP\\LAP-4', device_username: 'kim@example.com', device_internal_ip: '192.0.2.72', device_external_ip: '203.0.113.72', reason: 'x ran', process_name: 'powershell.exe', process_cmdline: 'powershell -enc AAA=', process_sha256: 'b'.repeat(64), sensor_action: 'DENY', policy_name: 'Standard', run_state: 'RAN' },
    says: { user: 'kim@example.com', process: 'powershell.exe', command_line: 'powershell -enc AAA=', hash_sha256: 'b'.repeat(64), severity: '7' },
  },
  {
    product: 'cortex-xdr',
    raw: { alert_id: '1', detection_timestamp: 1772445600000, name: 'Credential dumping', category: 'Credential Access', severity: 'high', host_name: 'LAP-5', host_ip: ['192.0.2.73'], user_name: 'CORP\\kim', action: 'BLOCKED', action_pretty: 'Prevented', actor_process_image_name: 'cmd.exe', actor_process_command_line: 'cmd /c x', actor_process_image_sha256: 'c'.repeat(64), action_file_path: 'C:\\x.exe', source: 'XDR Agent' },
    says: { time: '2026-03-02T10:00:00.000Z', host: 'LAP-5', user: 'CORP\\kim', rule_name: 'Credential dumping', process: 'cmd.exe', command_line: 'cmd /c x', hash_sha256: 'c'.repeat(64), outcome: 'failure', severity: 'high', file_path: 'C:\\x.exe' },
  },
  {
    product: 'jamf-protect',
    raw: { caid: 'c', certid: 'd', input: { eventType: 'GPProcessEvent', host: { hostname: 'mac-1', ips: ['192.0.2.80'], serial: 'S' }, match: { severity: 2, uuid: 'u', facts: [{ name: 'CurlDownload', human: 'curl was used' }], event: { timestamp: 1772445600.5, type: 1, pid: 5 } }, related: { processes: [{ name: 'curl', path: '/usr/bin/curl', args: ['curl', 'x'] }], users: [{ name: 'kim', uid: 501 }] } } },
    says: { host: 'mac-1', user: 'kim', time: '2026-03-02T10:00:00.500Z' },
  },
  {
    product: 'gitlab-audit',
    raw: { severity: 'INFO', time: '2026-03-02T10:00:00.000Z', author_id: 1, author_name: 'kim', entity_id: 4, entity_type: 'Project', change: 'visibility', from: 'Private', to: 'Public', target_id: 4, target_type: 'Project', target_details: 'grp/proj', ip_address: '203.0.113.81', entity_path: 'grp/proj' },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim', src_ip: '203.0.113.81' },
    absent: ['email_from', 'email_to'],
  },
  {
    product: 'vault-audit',
    raw: { time: '2026-03-02T10:00:00.1Z', type: 'response', auth: { client_token: 'hmac', accessor: 'a', display_name: 'ldap-kim', policies: ['default'], token_type: 'service', metadata: { username: 'kim' } }, request: { id: 'r', operation: 'read', mount_type: 'kv', path: 'secret/data/x', remote_address: '203.0.113.82', remote_port: 40000 }, response: { mount_type: 'kv' } },
    says: { time: '2026-03-02T10:00:00.100Z', user: 'kim', src_ip: '203.0.113.82', src_port: '40000', action: 'read' },
  },
  {
    product: 'pingone',
    raw: { id: 'x', recordedAt: '2026-03-02T10:00:00Z', action: { type: 'AUTHENTICATION.CREATED', description: 'Authentication created' }, actors: { client: { id: 'c', name: 'Portal', type: 'CLIENT' }, user: { id: 'u', name: 'kim', type: 'USER' } }, resources: [{ type: 'USER', id: 'u2', name: 'sam' }], result: { status: 'FAILED', description: 'x' }, source: { ipAddress: '203.0.113.83', userAgent: 'x' } },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim', src_ip: '203.0.113.83', outcome: 'failure', action: 'AUTHENTICATION.CREATED' },
  },
  {
    product: 'keycloak',
    raw: { time: 1772445600000, type: 'LOGIN_ERROR', realmId: 'r', clientId: 'account', userId: null, ipAddress: '203.0.113.84', error: 'invalid_user_credentials', details: { auth_method: 'openid-connect', redirect_uri: 'https://app.example.com/', username: 'kim' } },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim', src_ip: '203.0.113.84', action: 'LOGIN_ERROR' },
    absent: ['email_to'],
  },
  {
    product: 'zendesk-audit',
    raw: { id: 1, actor_id: 12345, actor_name: 'Kim', source_type: 'user', source_label: 'Sam Roe', action: 'update', change_description: 'Role changed', ip_address: '203.0.113.85', created_at: '2026-03-02T10:00:00Z', source_id: 7 },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'Kim', src_ip: '203.0.113.85', action: 'update' },
  },
  {
    product: 'servicenow-syslog',
    raw: { result: { sys_created_on: '2026-03-02 10:00:00', sys_created_by: 'kim', type: 'login', parm1: 'x', name: 'login.failed', ip_address: '203.0.113.86' } },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim', src_ip: '203.0.113.86' },
  },
  {
    product: 'cyberark',
    raw: { syslog: { audit_record: { Rfc5424: 'yes', Timestamp: 'Mar 02 10:00:00', IsoTimestamp: '2026-03-02T10:00:00Z', Hostname: 'VAULT', Vendor: 'Cyber-Ark', Product: 'Vault', MessageID: '295', Desc: 'Retrieve password', Severity: 'Info', Issuer: 'kim', Action: 'Retrieve password', SourceUser: '', TargetUser: '', Safe: 'Root', File: 'Root\\x', Station: '203.0.113.87', Reason: 'x' } } },
    says: { time: '2026-03-02T10:00:00.000Z', host: 'VAULT', user: 'kim', action: 'Retrieve password', severity: 'Info' },
  },
  {
    product: 'stormshield',
    raw: 'id=firewall time="2026-03-02 10:00:00" fw="FW-1" tz=+0000 startime="2026-03-02 09:59:58" pri=5 confid=01 slotlevel=2 ruleid=7 srcif="vlan1" srcifname="dmz" ipproto=tcp src=203.0.113.88 srcport=51000 srcname=ext dst=192.0.2.88 dstport=443 dstportname=https action=block logtype="filter"',
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.88', dst_ip: '192.0.2.88', src_port: '51000', dst_port: '443', action: 'block', outcome: 'failure' },
  },
  {
    product: 'sonicwall',
    raw: '<133>id=fw sn=18B time="2026-03-02 10:00:00 UTC" fw=192.0.2.99 pri=6 c=262144 m=98 msg="Connection Opened" n=1 src=192.0.2.50:51000:X0 dst=198.51.100.50:443:X1 proto=tcp/https rule="3 (LAN->WAN)"',
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.50', src_port: '51000', dst_ip: '198.51.100.50', dst_port: '443' },
  },
  {
    product: 'ecs-network',
    raw: { '@timestamp': '2026-03-02T10:00:00.000Z', event: { action: 'connection-denied', outcome: 'failure', created: '2026-03-02T10:00:03.000Z', kind: 'event', category: ['network'] }, source: { address: '203.0.113.89', ip: '203.0.113.89', port: 50000, user: { name: 'kim' } }, destination: { address: '192.0.2.89', ip: '192.0.2.89', port: 22 }, observer: { hostname: 'fw', ip: '192.0.2.254' }, host: { name: 'srv-1', ip: ['192.0.2.89'] }, rule: { name: 'default-deny' } },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '203.0.113.89', dst_ip: '192.0.2.89', src_port: '50000', dst_port: '22', user: 'kim', host: 'srv-1', rule_name: 'default-deny', action: 'connection-denied', outcome: 'failure' },
  },
  {
    product: 'dns-bind',
    raw: { ts: '2026-03-02T10:00:00Z', client: { address: '192.0.2.91', port: 40123 }, question: { name: 'bad.example.net', type: 'A' }, response: { rcode: 'NXDOMAIN', answers: [{ name: 'bad.example.net', ip: '198.51.100.1' }] } },
    says: { time: '2026-03-02T10:00:00.000Z', src_ip: '192.0.2.91', src_port: '40123', domain: 'bad.example.net', outcome: 'failure' },
    absent: ['dst_ip', 'host', 'user'],
  },
  {
    product: 'pairs-of-attributes',
    raw: { eventTime: '2026-03-02T10:00:00Z', eventName: 'user.role.change', attributes: [{ key: 'performed_by', value: 'kim@example.com' }, { key: 'client_ip', value: '203.0.113.92' }, { key: 'target_user', value: 'sam@example.com' }] },
    says: { time: '2026-03-02T10:00:00.000Z', user: 'kim@example.com', src_ip: '203.0.113.92', action: 'user.role.change' },
  },
  {
    product: 'actor-without-name',
    raw: { timestamp: '2026-03-02T10:00:00Z', event: 'member.removed', actor: { id: 77, type: 'admin' }, target: { user: { id: 78, email: 'sam@example.com' } } },
    says: { time: '2026-03-02T10:00:00.000Z', action: 'member.removed' },
    absent: ['user'],
  },
  {
    product: 'no-event-time',
    raw: { event: 'key.rotated', user: { email: 'kim@example.com', created_at: '2019-01-01T00:00:00Z', last_login: '2026-03-01T00:00:00Z' }, token: { expires_at: '2027-01-01T00:00:00Z' } },
    says: { user: 'kim@example.com', action: 'key.rotated' },
    absent: ['time'],
  },
  {
    product: 'wiz-issue',
    raw: { id: 'i', createdAt: '2026-03-02T10:00:00Z', updatedAt: '2026-03-03T10:00:00Z', severity: 'CRITICAL', status: 'OPEN', sourceRule: { id: 'r', name: 'Public bucket with secrets' }, entitySnapshot: { name: 'bucket-1', type: 'BUCKET', cloudPlatform: 'AWS', createdAt: '2020-01-01T00:00:00Z' }, projects: [{ name: 'p' }] },
    says: { time: '2026-03-02T10:00:00.000Z', severity: 'CRITICAL', rule_name: 'Public bucket with secrets' },
    absent: ['user', 'host'],
  },
  {
    product: 'abnormal',
    raw: { threatId: 't', messages: [{ subject: 'x', fromAddress: 'attacker@example.org', fromName: 'Bank', toAddresses: 'kim@example.com', recipientAddress: 'kim@example.com', receivedTime: '2026-03-02T10:00:00Z', sentTime: '2026-03-02T09:59:58Z', attackType: 'Phishing', senderIpAddress: '203.0.113.93', urls: ['https://bad.example.net/a'], remediationStatus: 'Auto' }] },
    says: { email_from: 'attacker@example.org', email_to: 'kim@example.com', src_ip: '203.0.113.93', url: 'https://bad.example.net/a' },
  },
];
