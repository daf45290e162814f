/** A guess's sureness, 0 to 1, as a number with a bar beside it: never by colour alone. */
export function Sureness({ value }: { readonly value: number }) {
  return (
    <span className="sureness" title={`mapped by guess, ${value.toFixed(2)} sure`}>
      <span className="sureness-bar" aria-hidden="true">
        <span style={{ inlineSize: `${Math.round(value * 100)}%` }} />
      </span>
      {value.toFixed(2)}
    </span>
  );
}
