import type { Responder } from '../../ports/responder.ts';
import { parseConfig } from './config.ts';
import { executeCertificate } from './execute.ts';
import { sshCertificateManifest } from './manifest.ts';
import { observeCertificate } from './observe.ts';
import { planCertificate } from './plan.ts';

/** Revokes certificates on an SSH server, ends their sessions there, and takes them again. README.md has the set-up. */
export const sshCertificate: Responder = {
  manifest: sshCertificateManifest,
  plan: planCertificate,
  execute: executeCertificate,
  observe: observeCertificate,
  parseConfig,
};
