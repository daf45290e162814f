import { rfc3339, unixMsFrom } from '../base/time.ts';

const RULES = ['Odd sign-in', 'New service', 'Port scan', 'Malware found', 'Policy changed', 'Log cleared'];

/** An alert of about 500 bytes. Rules, users and hosts repeat as they do in a small company. */
export function benchAlert(i: number): object {
  return {
    id: `bench-${i}`,
    timestamp: rfc3339(unixMsFrom(Date.UTC(2026, 0, 1) + i * 2_000)),
    severity: ['low', 'medium', 'high'][i % 3],
    rule_name: RULES[i % RULES.length],
    host: `host-${i % 8}.corp.example`,
    user: `user-${(i * 7) % 400}`,
    src_ip: `10.0.${i % 250}.${(i * 3) % 250}`,
    dst_ip: `192.0.2.${i % 250}`,
    process: 'C:\\Windows\\System32\\svchost.exe',
    command_line: `svchost.exe -k netsvcs -p -s Schedule ${i}`,
    message: `made-up alert ${i}: something that a product would say in a sentence or two, so that a record has its usual length`,
  };
}
