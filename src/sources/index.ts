import type { SourceRegistry } from '../ports/source.ts';
import { alertmanager } from './alertmanager/index.ts';
import { awsCloudTrail } from './aws-cloudtrail/index.ts';
import { awsGuardDuty } from './aws-guardduty/index.ts';
import { azureActivity } from './azure-activity/index.ts';
import { cef } from './cef/index.ts';
import { crowdstrike } from './crowdstrike/index.ts';
import { elastic } from './elastic/index.ts';
import { email } from './email/index.ts';
import { entra } from './entra/index.ts';
import { falco } from './falco/index.ts';
import { gcpAudit } from './gcp-audit/index.ts';
import { generic } from './generic/index.ts';
import { github } from './github/index.ts';
import { googleWorkspace } from './google-workspace/index.ts';
import { kubernetesAudit } from './kubernetes-audit/index.ts';
import { leef } from './leef/index.ts';
import { microsoft } from './microsoft/index.ts';
import { microsoft365 } from './microsoft-365/index.ts';
import { microsoftGraph } from './microsoft-graph/index.ts';
import { ocsf } from './ocsf/index.ts';
import { okta } from './okta/index.ts';
import { securityHub } from './security-hub/index.ts';
import { sentinelone } from './sentinelone/index.ts';
import { withMap } from './shared/mapped.ts';
import { sigma } from './sigma/index.ts';
import { splunk } from './splunk/index.ts';
import { suricata } from './suricata/index.ts';
import { wazuh } from './wazuh/index.ts';
import { windows } from './windows/index.ts';
import { zeek } from './zeek/index.ts';

/** Every product that we read, in the order in which a tie is settled. `generic` takes what nobody else recognises. */
export const SOURCES: SourceRegistry = {
  sources: [
    microsoft,
    microsoftGraph,
    microsoft365,
    entra,
    azureActivity,
    awsCloudTrail,
    awsGuardDuty,
    securityHub,
    github,
    googleWorkspace,
    gcpAudit,
    kubernetesAudit,
    okta,
    wazuh,
    suricata,
    ocsf,
    windows,
    falco,
    zeek,
    crowdstrike,
    sentinelone,
    elastic,
    splunk,
    sigma,
    alertmanager,
    email,
    cef,
    leef,
    generic,
  ],
  withMap,
};
