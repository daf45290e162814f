import type { HypothesisKind } from './packet.ts';

/** Explanations as people say them. */
export const HYPOTHESIS_TEXT: { readonly [K in HypothesisKind]: string } = {
  benign_administration: 'it is everyday administration',
  benign_misconfiguration: 'something is set up wrongly',
  authorised_test: 'it is a test that somebody allowed',
  account_takeover: 'an account was taken over',
  credential_theft: 'a credential was stolen',
  malware_execution: 'malware runs',
  lateral_movement: 'somebody moves from machine to machine',
  data_theft: 'data is taken',
  persistence: 'somebody makes a way back in',
  privilege_abuse: 'rights are misused',
  phishing: 'somebody was phished',
  denial_of_service: 'a service is being overwhelmed',
  reconnaissance: 'somebody looks around',
};
