/**
 * Imported before everything else. The content security policy demands Trusted Types, and this default policy lets
 * through only what our own libraries need: CSS text set as markup (no `<`, no `&`), and our own hashed scripts for a
 * worker. Markup from anywhere else is refused by the browser.
 */
interface PolicyRules {
  readonly createHTML: (text: string) => string | null;
  readonly createScriptURL: (url: string) => string | null;
}
interface TrustedTypesFactory {
  createPolicy(name: string, rules: PolicyRules): unknown;
}
declare global {
  interface Window {
    readonly trustedTypes?: TrustedTypesFactory;
    __webpack_nonce__?: string;
  }
}

/** The nonce that the server put into this page, for the few style elements that a library makes. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

// `get-nonce`, which a dependency of Mantine asks, looks here.
window.__webpack_nonce__ = nonce;

window.trustedTypes?.createPolicy('default', {
  createHTML: text => (/[<&]/.test(text) ? null : text),
  createScriptURL: url => (isOwnAsset(url) ? url : null),
});

function isOwnAsset(url: string): boolean {
  const parsed = new URL(url, location.href);
  return parsed.origin === location.origin && (parsed.pathname.startsWith('/assets/') || import.meta.env.DEV);
}
