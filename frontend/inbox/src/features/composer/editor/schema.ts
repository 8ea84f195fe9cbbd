import { Schema, type DOMOutputSpec, type Node } from 'prosemirror-model';

const OWN_FILE = /^(?:cid:|(?:https?:\/\/[^/]+)?\/api\/v1\/attachments\/)([0-9a-f-]{36})(?:[@?].*)?$/i;

/** The id of the uploaded file that an image address shows, or null for anything else. */
export function fileIdOf(src: string): string | null {
  return OWN_FILE.exec(src.trim())?.[1]?.toLowerCase() ?? null;
}

const chip = (node: Node): DOMOutputSpec => [
  'span',
  {
    class: node.attrs['reason'] === null ? 'var' : 'var miss',
    'data-path': String(node.attrs['path']),
    ...(node.attrs['reason'] === null ? {} : { 'data-missing': String(node.attrs['reason']) }),
  },
  String(node.attrs['text']),
];

/** What a message may be made of; everything else that is pasted becomes this or nothing. */
export const schema = new Schema({
  nodes: {
    doc: { content: 'block+' },
    paragraph: {
      group: 'block',
      content: 'inline*',
      parseDOM: [
        { tag: 'p' },
        { tag: 'h1' },
        { tag: 'h2' },
        { tag: 'h3' },
        { tag: 'h4' },
        { tag: 'h5' },
        { tag: 'h6' },
        { tag: 'td' },
        { tag: 'th' },
      ],
      toDOM: () => ['p', { dir: 'auto' }, 0],
    },
    blockquote: {
      group: 'block',
      content: 'block+',
      defining: true,
      parseDOM: [{ tag: 'blockquote' }],
      toDOM: () => ['blockquote', 0],
    },
    ordered_list: {
      group: 'block',
      content: 'list_item+',
      attrs: { start: { default: 1 } },
      parseDOM: [
        { tag: 'ol', getAttrs: (dom) => ({ start: Number((dom as Element).getAttribute('start')) || 1 }) },
      ],
      toDOM: (node) => ['ol', node.attrs['start'] === 1 ? {} : { start: String(node.attrs['start']) }, 0],
    },
    bullet_list: {
      group: 'block',
      content: 'list_item+',
      parseDOM: [{ tag: 'ul' }],
      toDOM: () => ['ul', 0],
    },
    list_item: {
      content: 'paragraph block*',
      defining: true,
      parseDOM: [{ tag: 'li' }],
      toDOM: () => ['li', 0],
    },
    code_block: {
      group: 'block',
      content: 'text*',
      marks: '',
      code: true,
      defining: true,
      parseDOM: [{ tag: 'pre', preserveWhitespace: 'full' }],
      toDOM: () => ['pre', 0],
    },
    text: { group: 'inline' },
    hard_break: {
      group: 'inline',
      inline: true,
      selectable: false,
      linebreakReplacement: true,
      parseDOM: [{ tag: 'br' }],
      toDOM: () => ['br'],
    },
    image: {
      group: 'inline',
      inline: true,
      draggable: true,
      attrs: { file: {}, alt: { default: '' } },
      parseDOM: [
        {
          tag: 'img[src]',
          getAttrs: (dom) => {
            const file = fileIdOf((dom as Element).getAttribute('src') ?? '');
            return file === null ? false : { file, alt: (dom as Element).getAttribute('alt') ?? '' };
          },
        },
      ],
      toDOM: (node) => [
        'img',
        {
          src: `/api/v1/attachments/${String(node.attrs['file'])}?inline=1`,
          alt: String(node.attrs['alt']),
        },
      ],
    },
    /** A value that a macro filled in (`reason` null) or could not fill. */
    value: {
      group: 'inline',
      inline: true,
      atom: true,
      attrs: { path: {}, text: {}, reason: { default: null } },
      parseDOM: [
        {
          tag: 'span[data-path]',
          getAttrs: (dom) => ({
            path: (dom as Element).getAttribute('data-path'),
            text: dom.textContent ?? '',
            reason: (dom as Element).getAttribute('data-missing'),
          }),
        },
      ],
      toDOM: chip,
      leafText: (node) => String(node.attrs['text']),
    },
    /** A colleague or team, only in notes. */
    mention: {
      group: 'inline',
      inline: true,
      atom: true,
      attrs: { id: {}, name: {} },
      parseDOM: [
        {
          tag: 'span[data-mention]',
          getAttrs: (dom) => ({
            id: (dom as Element).getAttribute('data-mention'),
            name: (dom.textContent ?? '').replace(/^@/, ''),
          }),
        },
      ],
      toDOM: (node) => [
        'span',
        { class: 'mention', 'data-mention': String(node.attrs['id']) },
        `@${String(node.attrs['name'])}`,
      ],
      leafText: (node) => `@${String(node.attrs['name'])}`,
    },
  },
  marks: {
    link: {
      attrs: { href: {} },
      inclusive: false,
      parseDOM: [
        {
          tag: 'a[href]',
          getAttrs: (dom) => {
            const href = (dom as Element).getAttribute('href') ?? '';
            return isSafeLink(href) ? { href } : false;
          },
        },
      ],
      toDOM: (mark) => ['a', { href: String(mark.attrs['href']) }, 0],
    },
    strong: {
      parseDOM: [
        { tag: 'strong' },
        { tag: 'b', getAttrs: (dom) => (dom as HTMLElement).style.fontWeight !== 'normal' && null },
        { style: 'font-weight=bold' },
        { style: 'font-weight', getAttrs: (weight) => /^([6-9]00)$/.test(weight) && null },
      ],
      toDOM: () => ['strong', 0],
    },
    em: {
      parseDOM: [{ tag: 'em' }, { tag: 'i' }, { style: 'font-style=italic' }],
      toDOM: () => ['em', 0],
    },
    underline: {
      parseDOM: [{ tag: 'u' }, { style: 'text-decoration=underline' }],
      toDOM: () => ['u', 0],
    },
    strike: {
      parseDOM: [{ tag: 's' }, { tag: 'del' }, { tag: 'strike' }],
      toDOM: () => ['s', 0],
    },
    code: { code: true, parseDOM: [{ tag: 'code' }], toDOM: () => ['code', 0] },
  },
});

export function isSafeLink(href: string): boolean {
  return /^(https?:\/\/|mailto:|tel:)/i.test(href.trim());
}

/** What somebody typed as the target of a link, made whole; null if it cannot be one. */
export function asLink(typed: string): string | null {
  const text = typed.trim();
  if (text === '') return null;
  if (isSafeLink(text)) return text;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return null;
  return /^[^\s/]+\.[^\s/]{2,}(\/\S*)?$/.test(text) ? `https://${text}` : null;
}
