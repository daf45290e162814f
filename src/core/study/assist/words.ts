/**
 * The words that may leave where names are withheld: those of security and of operating computers, and such as join
 * them. Whatever is not here is left out, so that no list of what names look like has to be complete. No given or
 * family names are among them, though some would be words, too.
 */
const TEXT = `
a about above abuse abused accept accepted access accessed accessing account accounts across action actions active activity
actor add added adding additional address addresses admin administration administrative administrator administrators
after agent agents alert alerts all allow allowed allowlist an and anomalous anomaly anonymous another antivirus any api
app append application applications apt archive archived are as ask asked assign assigned assignment associate
associated assume assumed at attach attached attachment attachments attack attacker attacks attempt attempted attempts
attribute audit authenticate authenticated authentication authenticator authority authorization authorize authorized
auto automated automatic autorun aws azure backdoor backup bad balancer base64 based basic batch be beacon been before
behavior behaviour benign between binary bind bit bits block blocked boot bot botnet bounce break browser brute bucket
buckets buffer build bulk by bypass bypassed c2 cache call called caller campaign cancel capability capture captured
catalog cert certificate certificates certutil chain change changed changes changing channel check child class classic clean
clear cleared click clicked client clients clipboard clock cloud cloudtrail cluster cmd code collect collected
collection command commands commit common communication compliance component compress compressed compromise compromised
computer computers condition config configuration configure configured confirm confirmed connect connected connection
connections connector consent console consumer contact contain contained container content context control controller
copy core correlation count country cpu crash create created creates creating creation credential credentials critical
cron crypto curl current custom daemon damage dangerous data database databases dcsync ddos decode decoded default
defender defense delegate delegated delegation delete deleted deletes deletion delivered delivery denial denied deny
deploy deployment describe destination destroy destroyed detach detached detect detected detection detector device devices
dhcp did different direct directory disable disabled disassociate discover discovered discovery disk distributed dll
dmarc dns document domain domains done dos download downloaded downloader downloads drift drive driver drop dropped dropper
due dump dumped dumping during e ec2 edit edr egress elevated elevation email emails empty enable enabled encode encoded
encrypt encrypted encryption end endpoint endpoints engine enroll enrolled enrollment enumerate enumerated enumeration environment error
errors escalate escalated escalation evade evasion event events every evidence example exchange executable execute
executed executes execution exfiltrate exfiltrated exfiltration exist exists exit expire expired exploit exploitation exploited
exploits export exported expose exposed extension external extract extracted factor fail failed failing fails failure failures
fake false family fatigue federated federation fetch few file fileless files filter find finding fingerprint fire firewall
first flag flood flow folder folders for force forced forest forge forged forward forwarded forwarding found frequency
frequent from ftp function gateway gcp generic get git global golden group groups guardduty guest hack hacktool handle handler has
hash hashes have header heartbeat hidden hide high hijack hijacking history honeypot host hosts http https hub iam id identified
identifier identities identity idle if image impact impair impersonate impersonated impersonation impossible in inbound inbox incident incoming
indicator indicators infected infection info information ingress inhibit inject injected injection input insecure insert inside
install installation installed installer instance instances instruction integrity interactive interface internal internet
into intrusion invalid invite invited invoke invoked io ip ips is isolate isolated issue issued item job jobs join joined js
kerberoast kerberoasting kerberos kernel key keylogger keys kill killed known kubernetes lambda large last lateral launch launched
ldap leak leaked least legacy length library license lifecycle limit link linked links linux list listed listen listener listening local
locale location lock locked lockout log logged logger logging login logins logoff logon logons logout logs long lookup loop low lsass
machine macos macro mail mailbox mailboxes malformed malicious malware manage managed management manager manifest manipulation many mass master match
matched maximum md5 medium member members membership memory message messages metadata method mfa microsoft mimikatz miner mining minor misconfiguration missing
misuse mode modification modified modifies modify module monitor monitoring more mount mounted move moved movement multi multiple name named namespace
namespaces native nessus net network networks new nmap no node nodes non none normal not notification ntlm null number oauth
oauth2 object objects obfuscated obfuscation observed of off office offline okta old on once one only open opened operation operations operator
option or order organization origin os other out outbound outgoing outlook outside over overflow override overwrite owner ownership package
packet parameter parent partial pass password passwordless passwords paste patch path pattern pause payload pdf peer pending per period permission
permissions permit permitted persistence persistent personal phish phishing ping pipe pivot platform plugin pod pods policies policy poll pool port portal ports possible post postgres
potential potentially powershell pre prefix preview previous primary principal print private privilege privileged privileges probe problem process processes product
production profile program programs project prompt protect protected protection protocol provider provision proxies proxy public publish pull pulled push put python quarantine quarantined queries
query queue quota ransomware rare rarely raw rclone rdp read reading reason receive received receiver recent recipient recon reconnaissance record recovery recycle redirect referrer
reflective refresh refused register registered registration registry regsvr32 reject rejected related relay release remote removable removal remove removed rename renamed renew repeated replace replay
replication report reported repository reputation request requested requests require required reset resource resources response restart restarted restore restored restricted result results
retrieve retry return reverse review revoke revoked right rights risk risky role roles root rootkit route router rule rules run rundll32 running runs runtime s s3
safe saml same sample sandbox scan scanned scanner scanning schedule scheduled schema scope score scp script scripts search second secret secrets secure security self send sender sending sends
sensitive sensor sent server servers service services session sessions set setting settings setup several severity sha1 sha256 shadow share shared shares sharepoint shell shellcode shutdown side
sign signal signature signed signin signing silent single site size skeleton sleep small smb smtp sms snapshot social socket software source sources spam spawn spawned spawning
spear spike spoof spoofed spoofing spray spraying spyware sql ssh ssl sso stage staged staging standard start started starting starts startup state status steal stealer stealing stolen stop stopped
storage store stored stream string strings subject subnet subscription success successful successfully sudo support suppress suspend suspicious svc switch sync synchronization syslog sysmon
system systems table tactic tamper tampered tampering target targeted task tasks tcp team technique telemetry template temporary tenant terminal terminate terminated termination test text
that the their then this threat threats through thumbprint ticket time timeout times tls to token tokens too tool tools top tor traffic trail transfer transferred transport travel trigger triggered
trojan trust trusted try tunnel tunneling two type udp unable unauthenticated unauthorized unblock under undo unexpected unfamiliar uninstall uninstalled unknown unlock unlocked unsigned unsuccessful
unusual update updated updates upload uploaded uploads url urls usage usb use used user users uses using utility valid validate validation value variable vault vbs vector version via victim view violation virtual virus visited
volume vpn vulnerability vulnerable wait warning was watch weak web webhook webshell wget when which while whoami wide window windows wipe wiper wireless with within without wmi wmic word work workflow workload
workspace workstation worm wrapper write writes writing written wrong xml yara you your zero zeek zip zone
abnormal anomalies authorised blacklisted blocklist clearing credentialed debug deceptive deleting denylist disabling downloading enabling exclusion exclusions executing human impersonating land leaving living masquerade masquerading modifying newcomer newly operated purpose quarantining roasting stopping suspected suspiciously theft ticketing unauthorised uploading
acl acls acm activate activated allowlisted apikeys appengine assertion
assignments athena attributes auth automation automationaccounts barrier began begin bigquery blob blobservices
business calls clone cloned cloudformation cloudfront cloudwatch clusterrolebindings clusterroles clusters completed
composer compute conditional connectedclusters consented containers containerservice converse dataflow dataset
datasets db deactivate deactivated decrypt decrypted dependabot deploymentmanager deployments detective diagnostic
directories disks dlp ecr ecs edited efs eks emr enrolments entries entry evaluate eventhub eventhubs exceeded exec
expanded failover federatedusers firewallpolicies firewalls glue google grants guardrail guardrails head hold hook
hooks idp insight insights inspector integration integrations invocation jwt k8s keyring keyrings keyvault kms legal
licences listkeys lists locks machines macie managedclusters mirror model models networksecuritygroup networkwatchers
oidc operational org organizations orgs owners parameters permanent pools principals privacy progress projects
properties publicipaddresses pubsub purge purged rate rbac rds reboot rebooted recorder recover recovered
recoveryservices repo repos requirement resets resolver rest restrictions reuse rolebindings rollup route53 ruleset
rulesets runbook runbooks runcommand saml2 schedules scim scopes secretmanager selectors serviceaccounts ses show sink
sinks sites snapshots sns spanner sqs ssm stack stacks storageaccounts sts submitted subnetworks subscriptions
succeeded summary tables tag tags targets tenants topic topics trails v1 v2 vaults versioning virtualmachines
virtualnetworks visibility vpc waf webhooks workflows workforce workspaces zones
who do how were seen there held happened approved proposed
`;

export const LEAVING_WORDS: ReadonlySet<string> = new Set(TEXT.split(/\s+/).filter(word => word !== ''));
