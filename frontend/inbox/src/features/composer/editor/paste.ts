import { Fragment, Slice, type Node } from 'prosemirror-model';
import { schema } from './schema';

/** More than anybody writes to a customer; what is beyond is left out and said so. */
export const MAX_PASTED_CHARS = 50_000;
/** HTML beyond this is not even read: its plain text is taken. */
export const MAX_PASTED_HTML = 1_000_000;

const WORD_LIST = /mso-list:\s*\w+\s+level(\d+)/i;

/** Word, Outlook and Google put much around the words: keep the words, lists and emphasis. */
export function cleanPasted(html: string): string {
  const start = html.indexOf('<!--StartFragment-->');
  const end = html.indexOf('<!--EndFragment-->');
  const part = start >= 0 && end > start ? html.slice(start + 20, end) : html;
  const inert = new DOMParser().parseFromString(
    part.replace(/<!--\[if[\s\S]*?<!\[endif\]-->/g, ''),
    'text/html',
  );
  const { body } = inert;
  for (const each of body.querySelectorAll('style,script,meta,link,title,xml,template,noscript'))
    each.remove();
  for (const each of [...body.querySelectorAll<HTMLElement>('b[id^="docs-internal-guid"]')])
    each.replaceWith(...each.childNodes);
  joinWordLists(body);
  for (const table of [...body.querySelectorAll('table')].reverse()) asLines(table);
  return body.innerHTML;
}

/** Word writes lists as paragraphs with a drawn sign. */
function joinWordLists(body: HTMLElement): void {
  for (const item of [...body.querySelectorAll<HTMLElement>('p')]) {
    if (!WORD_LIST.test(item.getAttribute('style') ?? '')) continue;
    const sign = item.querySelector<HTMLElement>('span[style*="mso-list"]');
    const mark = (sign?.textContent ?? item.textContent ?? '').trim();
    sign?.remove();
    if (!sign && item.firstChild?.nodeType === 3)
      item.firstChild.nodeValue = (item.firstChild.nodeValue ?? '').replace(/^\s*([·•o§-]|\d+[.)])\s+/, '');
    const kind = /^\(?\d+[.)]/.test(mark) ? 'ol' : 'ul';
    const line = item.ownerDocument.createElement('li');
    line.append(...item.childNodes);
    const before = item.previousElementSibling;
    if (before?.getAttribute('data-word') === kind) {
      before.append(line);
      item.remove();
    } else {
      const list = item.ownerDocument.createElement(kind);
      list.setAttribute('data-word', kind);
      list.append(line);
      item.replaceWith(list);
    }
  }
}

/** A row of a table becomes a line, the schema knows no tables; what lies in a layout stays whole. */
function asLines(table: HTMLTableElement): void {
  const isLayout = table.querySelector('p, div, ul, ol, blockquote, img') !== null;
  const lines = [...table.rows].flatMap((row) => {
    if (isLayout) return [...row.cells].flatMap((cell) => [...cell.childNodes]);
    const line = table.ownerDocument.createElement('p');
    line.textContent = [...row.cells].map((cell) => (cell.textContent ?? '').trim()).join(' · ');
    return [line];
  });
  table.replaceWith(...lines);
}

/** The first so many characters of what was pasted, and whether something was left out. */
export function capped(slice: Slice, max = MAX_PASTED_CHARS): { slice: Slice; isCut: boolean } {
  let room = max;
  let isCut = false;
  const cut = (fragment: Fragment): Fragment => {
    const kept: Node[] = [];
    fragment.forEach((node) => {
      if (room <= 0) isCut = true;
      else if (node.isText) {
        const text = node.text ?? '';
        if (text.length > room) isCut = true;
        kept.push(text.length > room ? node.cut(0, room) : node);
        room -= text.length;
      } else kept.push(node.isLeaf ? node : node.copy(cut(node.content)));
    });
    return Fragment.fromArray(kept);
  };
  const content = cut(slice.content);
  return { slice: isCut ? new Slice(content, slice.openStart, 0) : slice, isCut };
}

/** Plain text as a slice that flows into where the caret is. */
export function sliceOfText(text: string): Slice {
  const blocks = text.split(/\r?\n(?:[ \t]*\r?\n)+/).map((block) => {
    const nodes: Node[] = [];
    block.split(/\r?\n/).forEach((line, index) => {
      if (index > 0) nodes.push(schema.nodes.hard_break.create());
      if (line) nodes.push(schema.text(line));
    });
    return schema.nodes.paragraph.create(null, nodes);
  });
  return new Slice(Fragment.fromArray(blocks), 1, 1);
}
