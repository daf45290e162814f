/** Asks the frame for its search with these words in it, from any part of a page. */
const asked = new EventTarget();

class SearchAsked extends Event {
  readonly query: string;

  constructor(query: string) {
    super('search');
    this.query = query;
  }
}

export function openSearch(query: string): void {
  asked.dispatchEvent(new SearchAsked(query));
}

/** Calls back for each question. Returns what stops it. */
export function onSearch(open: (query: string) => void): () => void {
  const hear = (event: Event) => event instanceof SearchAsked && open(event.query);
  asked.addEventListener('search', hear);
  return () => asked.removeEventListener('search', hear);
}
