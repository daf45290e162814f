import type { SourceRegistry } from '../ports/source.ts';
import { alertmanager } from './alertmanager/index.ts';
import { awsCloudTrail } from './aws-cloudtrail/index.ts';
import { awsGuardDuty } from './aws-guardduty/index.ts';
import { cef } from './cef/index.ts';
import { email } from './email/index.ts';
import { generic } from './generic/index.ts';
import { leef } from './leef/index.ts';
import { microsoft } from './microsoft/index.ts';
import { ocsf } from './ocsf/index.ts';
import { okta } from './okta/index.ts';
import { withMap } from './shared/mapped.ts';
import { sigma } from './sigma/index.ts';
import { suricata } from './suricata/index.ts';
import { wazuh } from './wazuh/index.ts';

/** Every product that we read, in the order in which a tie is settled. `generic` takes what nobody else recognises. */
export const SOURCES: SourceRegistry = {
  sources: [
    microsoft,
    awsCloudTrail,
    awsGuardDuty,
    okta,
    wazuh,
    suricata,
    ocsf,
    sigma,
    alertmanager,
    email,
    cef,
    leef,
    generic,
  ],
  withMap,
};
