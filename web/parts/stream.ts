/** A stream (`host|product`) as a person says it: `Wazuh on app-07`, `Okta` where it is one stream for all hosts. */
export function streamText(stream: string): string {
  const [host = '', ...product] = stream.split('|');
  const name = product.join('|');
  if (name === '') return stream;
  return host === '*' || host === '' ? name : `${name} on ${host}`;
}
