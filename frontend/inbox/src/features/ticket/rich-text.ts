import type { Attachment } from '@aftercare/api';

const TAGS = new Set([
  'a',
  'b',
  'blockquote',
  'br',
  'code',
  'em',
  'i',
  'li',
  'ol',
  'p',
  'pre',
  's',
  'strong',
  'u',
  'ul',
]);
const SAFE_LINK = /^(https?:\/\/|mailto:|tel:)/i;
const OWN_FILE = /^(?:cid:|\/api\/v1\/attachments\/)([0-9a-f-]{36})(?:[@?].*)?$/i;

/**
 * What a colleague wrote with formatting, built anew from the few elements we know. The HTML is read in
 * a document of its own, where nothing loads or runs, and none of its elements is put on the page.
 */
export function richNodes(html: string, attachments: readonly Attachment[]): DocumentFragment {
  const read = new DOMParser().parseFromString(html, 'text/html');
  const result = document.createDocumentFragment();
  copyChildren(read.body, result, new Map(attachments.map((each) => [each.id, each])), 0);
  return result;
}

function copyChildren(from: Node, to: Node, files: Map<string, Attachment>, depth: number): void {
  if (depth > 60) return;
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.appendChild(document.createTextNode(child.nodeValue ?? ''));
    else if (child.nodeType === Node.ELEMENT_NODE) copyElement(child as Element, to, files, depth);
  }
}

function copyElement(element: Element, to: Node, files: Map<string, Attachment>, depth: number): void {
  const name = element.localName;
  if (name === 'img') {
    const image = imageOf(element, files);
    if (image) to.appendChild(image);
    return;
  }
  if (name === 'script' || name === 'style' || name === 'template') return;
  if (!TAGS.has(name)) return copyChildren(element, to, files, depth + 1);
  const copy = document.createElement(name);
  if (name === 'p') copy.dir = 'auto';
  const start = Number(element.getAttribute('start'));
  if (copy instanceof HTMLOListElement && start > 1) copy.start = start;
  const href = element.getAttribute('href') ?? '';
  if (copy instanceof HTMLAnchorElement && SAFE_LINK.test(href)) {
    copy.href = href;
    copy.target = '_blank';
    copy.rel = 'noopener noreferrer nofollow';
    copy.title = href;
  }
  copyChildren(element, copy, files, depth + 1);
  to.appendChild(copy);
}

function imageOf(element: Element, files: Map<string, Attachment>): HTMLImageElement | null {
  const id = OWN_FILE.exec(element.getAttribute('src') ?? '')?.[1]?.toLowerCase();
  if (!id) return null;
  const image = document.createElement('img');
  image.src = `${files.get(id)?.url ?? `/api/v1/attachments/${id}`}?inline=1`;
  image.alt = element.getAttribute('alt') ?? '';
  image.loading = 'lazy';
  return image;
}
