import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** GitHub's own OpenAPI document. It is hundreds of megabytes with its kin, so the product's packages do not bring it. */
export const GITHUB_DOCUMENT = fileURLToPath(
  new URL('../../contract/node_modules/@octokit/openapi/generated/api.github.com.json', import.meta.url),
);

/** Why nothing can be held against it here; undefined where it can. */
export const NO_GITHUB_DOCUMENT = existsSync(GITHUB_DOCUMENT)
  ? undefined
  : 'npm ci --prefix test/contract brings the document of GitHub';
