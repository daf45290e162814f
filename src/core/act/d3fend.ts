/** The tactics of D3FEND that OCSF knows as remediations, with the `activity_id` of class 7001 of each. */
export const D3FEND_TACTICS = { Isolate: 1, Evict: 2, Restore: 3, Harden: 4 } as const;

export type D3fendTactic = keyof typeof D3FEND_TACTICS;

/** The version of the matrix whose names these are (d3fend.mitre.org). */
export const D3FEND_VERSION = '1.2.0';

const technique = (name: string, tactic: D3fendTactic) => ({ name, tactic });

/** Techniques that an operation of ours can be: the name of each, and the tactic that it stands under. */
export const D3FEND_TECHNIQUES: ReadonlyMap<string, { readonly name: string; readonly tactic: D3fendTactic }> = new Map(
  [
    ['D3-AL', technique('Account Locking', 'Evict')],
    ['D3-ANCI', technique('Authentication Cache Invalidation', 'Evict')],
    ['D3-CR', technique('Credential Revocation', 'Evict')],
    ['D3-CRO', technique('Credential Rotation', 'Harden')],
    ['D3-DNSDL', technique('DNS Denylisting', 'Isolate')],
    ['D3-EDL', technique('Executable Denylisting', 'Isolate')],
    ['D3-ER', technique('Email Removal', 'Evict')],
    ['D3-FRDDL', technique('Forward Resolution Domain Denylisting', 'Isolate')],
    ['D3-FRIDL', technique('Forward Resolution IP Denylisting', 'Isolate')],
    ['D3-ITF', technique('Inbound Traffic Filtering', 'Isolate')],
    ['D3-NI', technique('Network Isolation', 'Isolate')],
    ['D3-NTF', technique('Network Traffic Filtering', 'Isolate')],
    ['D3-OTF', technique('Outbound Traffic Filtering', 'Isolate')],
    ['D3-PS', technique('Process Suspension', 'Evict')],
    ['D3-PT', technique('Process Termination', 'Evict')],
    ['D3-RE', technique('Restore Email', 'Restore')],
    ['D3-RIC', technique('Reissue Credential', 'Restore')],
    ['D3-RNA', technique('Restore Network Access', 'Restore')],
    ['D3-RUAA', technique('Restore User Account Access', 'Restore')],
    ['D3-ST', technique('Session Termination', 'Evict')],
    ['D3-UAP', technique('User Account Permissions', 'Isolate')],
    ['D3-ULA', technique('Unlock Account', 'Restore')],
  ],
);
