import { DOMParser as DocumentParser, DOMSerializer, type Node } from 'prosemirror-model';
import type { Span } from '$lib/drafts.svelte';
import { schema } from './schema';

/** What stands in the editor, as it is kept and sent. */
export interface Content {
  html: string;
  text: string;
  /** Plain text says all of it. */
  isPlain: boolean;
}

const parser = DocumentParser.fromSchema(schema);
const serializer = DOMSerializer.fromSchema(schema);

/** HTML as a document. It is read without being put on the page: nothing in it runs or loads. */
export function documentOf(html: string): Node {
  const inert = new DOMParser().parseFromString(html, 'text/html');
  return parser.parse(inert.body);
}

export function htmlOf(doc: Node): string {
  const holder = document.implementation.createHTMLDocument().createElement('div');
  holder.append(serializer.serializeFragment(doc.content, { document: holder.ownerDocument }));
  return holder.innerHTML.replaceAll(' dir="auto"', '');
}

/** Blocks are parted by an empty line, as in plain mail. */
export function textOf(doc: Node): string {
  return doc.textBetween(0, doc.content.size, '\n\n', (leaf) =>
    leaf.type.name === 'hard_break' ? '\n' : (leaf.type.spec.leafText?.(leaf) ?? ''),
  );
}

export function contentOf(doc: Node): Content {
  return { html: htmlOf(doc), text: textOf(doc), isPlain: isPlain(doc) };
}

/** Nothing that plain text could not say as well. */
export function isPlain(doc: Node): boolean {
  let isSo = true;
  doc.descendants((node) => {
    if (!['paragraph', 'text', 'hard_break', 'mention'].includes(node.type.name) || node.marks.length) {
      isSo = false;
    }
    return isSo;
  });
  return isSo;
}

/** Plain text as inline pieces: line breaks, and the macro's values as chips. */
function inlineOf(text: string, offset: number, spans: readonly Span[]): Node[] {
  const nodes: Node[] = [];
  const addText = (piece: string) => {
    piece.split('\n').forEach((line, index) => {
      if (index > 0) nodes.push(schema.nodes.hard_break.create());
      if (line) nodes.push(schema.text(line));
    });
  };
  let at = 0;
  for (const span of spans) {
    const start = span.start - offset;
    const end = span.end - offset;
    if (start < at || end > text.length) continue;
    addText(text.slice(at, start));
    const said = text.slice(start, end);
    if (said.includes('\n')) addText(said);
    else
      nodes.push(
        schema.nodes.value.create({ path: span.path, text: said, reason: span.isMissing ? '' : null }),
      );
    at = end;
  }
  addText(text.slice(at));
  return nodes;
}

/** Plain text as paragraphs; `spans` are the places that a macro filled. */
export function paragraphsOf(text: string, spans: readonly Span[] = []): Node[] {
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  const blocks: Node[] = [];
  let at = 0;
  for (const block of text.split('\n\n')) {
    blocks.push(schema.nodes.paragraph.create(null, inlineOf(block, at, sorted)));
    at += block.length + 2;
  }
  return blocks;
}

export function documentOfText(text: string, spans: readonly Span[] = []): Node {
  return schema.nodes.doc.create(null, paragraphsOf(text, spans));
}

/** The place in the document of a place in its text. */
export function placeOf(doc: Node, offset: number): number {
  let left = offset;
  let found = -1;
  let isFirst = true;
  doc.descendants((node, pos) => {
    if (found >= 0) return false;
    if (node.isTextblock) {
      if (!isFirst) left -= 2;
      isFirst = false;
      let at = pos + 1;
      node.forEach((child) => {
        if (found >= 0) return;
        const length = child.isText
          ? child.nodeSize
          : child.type.name === 'hard_break'
            ? 1
            : (child.type.spec.leafText?.(child).length ?? 0);
        if (left <= length && (child.isText || left < length)) found = at + (child.isText ? left : 0);
        else {
          left -= length;
          at += child.nodeSize;
        }
      });
      if (found < 0 && left <= 0) found = at;
      return false;
    }
    return true;
  });
  return found >= 0 ? found : Math.max(1, doc.content.size - 1);
}
