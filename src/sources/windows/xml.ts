import { unescapeXml } from '../shared/xml.ts';

/** How deep elements of an event may nest; the schema itself needs five levels. */
const DEPTH_MAX = 16;

/** Elements of one event that are read. The fullest events of Windows have some sixty. */
const ELEMENTS_MAX = 1_024;

/** What an event's XML says. Every value is a part of the text, with its escapes undone. */
export interface XmlEvent {
  /** `EventID`, `Channel`, `Computer`, … and attributes as `Provider.Name`, `TimeCreated.SystemTime`, `Security.UserID`. */
  readonly system: ReadonlyMap<string, string>;
  /** `Data` by its `Name`, or `param1`, `param2`, … where it has none; the leaves of `UserData` by element name. */
  readonly data: ReadonlyMap<string, string>;
  /** `Message`, `Level`, `Keyword` and the like, where the sender rendered them. */
  readonly rendering: ReadonlyMap<string, string>;
  /** False where the text ends before its event does: what came before is kept. */
  readonly isWhole: boolean;
}

interface Open {
  readonly name: string;
  readonly dataName: string | undefined;
  hasChildren: boolean;
  text: string;
}

/**
 * Reads one `<Event>` of the Windows event schema (MS-EVEN6, "Event") in one pass, without a general XML parser:
 * there is no DTD, no entity beyond XML's own five, nothing is fetched and nothing expands. Undefined for a text with
 * a document type, one nested deeper or longer than the bounds, and one that is no well-formed beginning of an event.
 */
export function readEventXml(text: string): XmlEvent | undefined {
  const reading = new Reading(text);
  const isWhole = reading.run();
  if (isWhole === undefined || !reading.system.has('EventID')) return undefined;
  return { system: reading.system, data: reading.data, rendering: reading.rendering, isWhole };
}

/** The `Data` of a bare `<EventData>` or `<UserData>`, as some tables keep it. */
export function readDataXml(text: string): ReadonlyMap<string, string> | undefined {
  const reading = new Reading(text);
  return reading.run() === undefined ? undefined : reading.data;
}

const ATTRIBUTE = /([^\s=/"'<>]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/gy;

class Reading {
  readonly system = new Map<string, string>();
  readonly data = new Map<string, string>();
  readonly rendering = new Map<string, string>();
  private readonly text: string;
  private readonly open: Open[] = [];
  private at = 0;
  private elements = 0;
  private unnamed = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** True for a whole element, false for its beginning, undefined for what is none. */
  run(): boolean | undefined {
    for (;;) {
      const next = this.text.indexOf('<', this.at);
      if (next < 0) return this.elements > 0 ? false : undefined;
      this.addText(this.text.slice(this.at, next));
      this.at = next;
      const isRead = this.markup();
      if (isRead !== true) return isRead === 'cut' && this.elements > 0 ? false : undefined;
      if (this.open.length === 0 && this.elements > 0) return this.text.slice(this.at).trim() === '' ? true : undefined;
    }
  }

  private addText(raw: string): void {
    const top = this.open.at(-1);
    if (top !== undefined && raw !== '') top.text += unescapeXml(raw);
  }

  private markup(): boolean | 'cut' {
    if (this.text.startsWith('<!--', this.at)) return this.skipTo('-->');
    if (this.text.startsWith('<?', this.at)) return this.skipTo('?>');
    if (this.text.startsWith('<![CDATA[', this.at)) {
      const end = this.text.indexOf(']]>', this.at);
      if (end < 0) return 'cut';
      const top = this.open.at(-1);
      if (top !== undefined) top.text += this.text.slice(this.at + 9, end);
      this.at = end + 3;
      return true;
    }
    // A document type: nothing that declares anything is read.
    if (this.text.startsWith('<!', this.at)) return false;
    return this.text.startsWith('</', this.at) ? this.endTag() : this.startTag();
  }

  private skipTo(mark: string): true | 'cut' {
    const end = this.text.indexOf(mark, this.at);
    if (end < 0) return 'cut';
    this.at = end + mark.length;
    return true;
  }

  private endTag(): boolean | 'cut' {
    const end = this.text.indexOf('>', this.at);
    if (end < 0) return 'cut';
    const name = localName(this.text.slice(this.at + 2, end).trim());
    const top = this.open.pop();
    if (top === undefined || top.name !== name) return false;
    this.at = end + 1;
    this.close(top);
    return true;
  }

  private startTag(): boolean | 'cut' {
    let at = this.at + 1;
    while (at < this.text.length && isNameCode(this.text.charCodeAt(at))) at++;
    const name = localName(this.text.slice(this.at + 1, at));
    if (name === '' || ++this.elements > ELEMENTS_MAX || this.open.length >= DEPTH_MAX)
      return at >= this.text.length ? 'cut' : false;
    const parent = this.open.at(-1);
    if (parent !== undefined) parent.hasChildren = true;
    let dataName: string | undefined;
    for (;;) {
      while (isSpaceCode(this.text.charCodeAt(at))) at++;
      if (at >= this.text.length) return 'cut';
      const isEmpty = this.text.startsWith('/>', at);
      if (isEmpty || this.text[at] === '>') {
        this.at = at + (isEmpty ? 2 : 1);
        const element: Open = { name, dataName, hasChildren: false, text: '' };
        if (isEmpty) this.close(element);
        else this.open.push(element);
        return true;
      }
      ATTRIBUTE.lastIndex = at;
      const attribute = ATTRIBUTE.exec(this.text);
      if (attribute === null) return this.text.indexOf('>', at) < 0 ? 'cut' : false;
      const [whole, key = '', double, single] = attribute;
      const value = unescapeXml(double ?? single ?? '');
      if (localName(key) === 'Name') dataName = value;
      if (this.isIn('System')) put(this.system, `${name}.${localName(key)}`, value);
      at += whole.length;
    }
  }

  private isIn(section: string): boolean {
    return this.open[1]?.name === section && this.open[0]?.name === 'Event';
  }

  /** A closed element: a leaf goes to the section that it stands in. */
  private close(element: Open): void {
    if (element.hasChildren) return;
    const text = element.text.trim();
    if (this.isIn('System')) put(this.system, element.name, text);
    else if (this.isIn('RenderingInfo')) put(this.rendering, element.name, text);
    else if (this.open.some(one => one.name === 'EventData' || one.name === 'UserData')) {
      if (element.name === 'Data') put(this.data, element.dataName ?? `param${++this.unnamed}`, text);
      else put(this.data, element.name, text);
    }
  }
}

function put(map: Map<string, string>, key: string, value: string): void {
  if (!map.has(key)) map.set(key, value);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function isSpaceCode(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function isNameCode(code: number): boolean {
  return !isSpaceCode(code) && code !== 0x2f && code !== 0x3e && code !== 0x3c;
}
