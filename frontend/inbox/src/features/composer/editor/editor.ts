import {
  baseKeymap,
  chainCommands,
  exitCode,
  setBlockType,
  toggleMark,
  wrapIn,
  lift,
} from 'prosemirror-commands';
import { history, redo, undo } from 'prosemirror-history';
import { InputRule, inputRules, wrappingInputRule } from 'prosemirror-inputrules';
import { keymap } from 'prosemirror-keymap';
import { Fragment, Slice, type MarkType, type Node, type NodeType } from 'prosemirror-model';
import { liftListItem, sinkListItem, splitListItem, wrapInList } from 'prosemirror-schema-list';
import {
  EditorState,
  NodeSelection,
  Plugin,
  Selection,
  TextSelection,
  type Command,
  type Transaction,
} from 'prosemirror-state';
import { EditorView } from 'prosemirror-view';
import type { RenderedMacro } from '@aftercare/api';
import { spansOf } from '../spans';
import {
  contentOf,
  documentOf,
  documentOfText,
  paragraphsOf,
  placeOf,
  textOf,
  type Content,
} from './content';
import { capped, cleanPasted, MAX_PASTED_CHARS, MAX_PASTED_HTML, sliceOfText } from './paste';
import { asLink, fileIdOf, schema } from './schema';

export type MarkName = 'strong' | 'em' | 'underline' | 'strike' | 'code';
export type BlockName = 'bullet_list' | 'ordered_list' | 'blockquote';

/** A value of a macro that is clicked or must be filled. */
export interface Chip {
  pos: number;
  path: string;
  text: string;
  reason: string | null;
  box: DOMRect;
}
/** What the bar shows as pressed. */
export interface Looks {
  marks: ReadonlySet<string>;
  blocks: ReadonlySet<string>;
  href: string | null;
}
export interface Start {
  html: string | null;
  text: string;
  spans: Parameters<typeof documentOfText>[1];
  /** What was typed before the editor was there, and where the caret was in it. */
  typed: { text: string; from: number; to: number } | null;
}
export interface Listener {
  /** Something was typed: cheap, called for every change. */
  onchange(): void;
  onselect(looks: Looks): void;
  /** Before the editor handles a key; true when the key was used. */
  onkey(event: KeyboardEvent): boolean;
  onslash(): void;
  onfiles(files: File[]): void;
  oncut(limit: number): void;
  onchip(chip: Chip): void;
}

const CODE = schema.marks.code;
/** A finger that rests this long picks a word. */
const LONG_PRESS_MS = 1_000;

function markRule(pattern: RegExp, type: MarkType): InputRule {
  return new InputRule(pattern, (state, match, start, end) => {
    const words = match[2] ?? '';
    const lead = match[1] ?? '';
    return state.tr
      .replaceWith(start + lead.length, end, schema.text(words, [type.create()]))
      .removeStoredMark(type);
  });
}

const rules = inputRules({
  rules: [
    wrappingInputRule(/^\s*([-*])\s$/, schema.nodes.bullet_list),
    wrappingInputRule(/^(\d+)\.\s$/, schema.nodes.ordered_list, (match) => ({ start: Number(match[1]) })),
    wrappingInputRule(/^\s*>\s$/, schema.nodes.blockquote),
    markRule(/(^|\s)\*\*([^*\s][^*]*)\*\*$/, schema.marks.strong),
    markRule(/(^|\s)`([^`]+)`$/, CODE),
  ],
});

const hardBreak: Command = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(schema.nodes.hard_break.create()).scrollIntoView());
  return true;
};

const keys = keymap({
  'Mod-z': undo,
  'Mod-y': redo,
  'Mod-Shift-z': redo,
  'Mod-b': toggleMark(schema.marks.strong),
  'Mod-i': toggleMark(schema.marks.em),
  'Mod-u': toggleMark(schema.marks.underline),
  'Mod-e': toggleMark(CODE),
  'Mod-Shift-7': wrapInList(schema.nodes.ordered_list),
  'Mod-Shift-8': wrapInList(schema.nodes.bullet_list),
  'Mod-Shift-9': wrapIn(schema.nodes.blockquote),
  'Shift-Enter': chainCommands(exitCode, hardBreak),
  Enter: splitListItem(schema.nodes.list_item),
  'Mod-]': sinkListItem(schema.nodes.list_item),
  'Mod-[': liftListItem(schema.nodes.list_item),
});

/** The rich text field: ProseMirror with a small schema. */
export class RichEditor {
  private readonly view: EditorView;

  constructor(
    place: HTMLElement,
    attributes: Record<string, string>,
    private readonly listener: Listener,
  ) {
    this.view = new EditorView(place, {
      state: EditorState.create({ schema, plugins: this.plugins() }),
      attributes: () => this.attributes,
      handleDOMEvents: {
        mousedown: () => this.notePress(0),
        touchstart: () => this.notePress(LONG_PRESS_MS),
        focus: (view) => this.placeCaret(view),
      },
      handleKeyDown: (_, event) => !event.isComposing && listener.onkey(event),
      handleTextInput: (view, from, _, text) => {
        if (text === '/' && this.isWordStart(from)) queueMicrotask(() => listener.onslash());
        return false;
      },
      handlePaste: (_, event) => this.paste(event.clipboardData),
      handleDrop: (view, event) => {
        const files = [...(event.dataTransfer?.files ?? [])];
        if (files.length === 0) return false;
        const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
        if (at) view.dispatch(view.state.tr.setSelection(Selection.near(view.state.doc.resolve(at.pos))));
        event.preventDefault();
        event.stopPropagation();
        listener.onfiles(files);
        return true;
      },
      transformPastedHTML: cleanPasted,
      handleClickOn: (_, pos, node, nodePos) => {
        if (node.type !== schema.nodes.value) return false;
        this.openChip(nodePos);
        return true;
      },
      nodeViews: { value: (node, view, getPos) => new ChipView(node, () => this.openChip(getPos() ?? 0)) },
      dispatchTransaction: (transaction) => this.dispatch(transaction),
    });
    this.attributes = attributes;
  }

  private attributes: Record<string, string> = {};
  private pressTimer: ReturnType<typeof setTimeout> | undefined;

  /** The focus that follows comes from a mouse or a finger, which place the caret themselves. */
  private notePress(duration: number): boolean {
    clearTimeout(this.pressTimer);
    this.pressTimer = setTimeout(() => (this.pressTimer = undefined), duration);
    return false;
  }

  /** The browser would put the caret at the start; it stands where it stood, at first at the end. */
  private placeCaret(view: EditorView): boolean {
    if (this.pressTimer === undefined) queueMicrotask(() => view.hasFocus() && view.focus());
    return false;
  }

  /** Replaces everything, as when a draft comes from elsewhere. The caret goes to the end. */
  load(start: Start): void {
    let doc = start.html ? documentOf(start.html) : documentOfText(start.text, start.spans);
    let from = doc.content.size;
    let to = from;
    if (start.typed && start.typed.text !== textOf(doc)) {
      const isAdded = start.html !== null && start.typed.text.startsWith(start.text);
      if (isAdded) doc = doc.copy(withTail(doc, start.typed.text.slice(start.text.length)));
      else doc = documentOfText(start.typed.text, []);
      from = to = doc.content.size;
    }
    if (start.typed && start.html === null) {
      from = placeOf(doc, start.typed.from);
      to = placeOf(doc, start.typed.to);
    }
    const state = EditorState.create({ doc, plugins: this.plugins() });
    const ends =
      from >= doc.content.size
        ? Selection.atEnd(doc)
        : TextSelection.between(doc.resolve(from), doc.resolve(to));
    this.view.updateState(state.apply(state.tr.setSelection(ends)));
    this.tellLooks();
  }

  setAttributes(attributes: Record<string, string>): void {
    this.attributes = attributes;
    this.view.updateState(this.view.state);
  }

  destroy(): void {
    this.view.destroy();
  }

  get isEmpty(): boolean {
    const { doc } = this.view.state;
    return (
      doc.childCount === 1 &&
      doc.firstChild?.type === schema.nodes.paragraph &&
      doc.firstChild.content.size === 0
    );
  }

  get hasFocus(): boolean {
    return this.view.hasFocus();
  }

  get dom(): HTMLElement {
    return this.view.dom;
  }

  content(): Content {
    return contentOf(this.view.state.doc);
  }

  /** Missing values, in order. */
  missing(): { pos: number; path: string; reason: string }[] {
    const found: { pos: number; path: string; reason: string }[] = [];
    this.view.state.doc.descendants((node, pos) => {
      const reason = node.attrs['reason'] as string | null | undefined;
      if (node.type === schema.nodes.value && typeof reason === 'string')
        found.push({ pos, path: String(node.attrs['path']), reason });
    });
    return found;
  }

  mentionIds(): string[] {
    const ids = new Set<string>();
    this.view.state.doc.descendants((node) => {
      if (node.type === schema.nodes.mention) ids.add(String(node.attrs['id']));
    });
    return [...ids];
  }

  focus(atEnd = false): void {
    if (atEnd) {
      const { state } = this.view;
      this.view.dispatch(state.tr.setSelection(Selection.atEnd(state.doc)).scrollIntoView());
    }
    this.view.focus();
  }

  insertText(text: string): void {
    const { state } = this.view;
    this.view.dispatch(state.tr.replaceSelection(sliceOfText(text)).scrollIntoView());
    this.view.focus();
  }

  insertImage(file: string, alt: string): void {
    const { state } = this.view;
    this.view.dispatch(
      state.tr.replaceSelectionWith(schema.nodes.image.create({ file, alt }), false).scrollIntoView(),
    );
  }

  removeImage(file: string): void {
    const { tr } = this.view.state;
    this.view.state.doc.descendants((node, pos) => {
      if (node.type === schema.nodes.image && node.attrs['file'] === file) {
        const at = tr.mapping.map(pos);
        tr.delete(at, at + 1);
      }
    });
    this.view.dispatch(tr);
  }

  /** Puts a rendered macro where the caret is; the “/…” that called it disappears. */
  insertMacro(rendered: RenderedMacro): void {
    this.dropSlash();
    const reasons = new Map(rendered.missing.map((value) => [value.path, value.reason]));
    const blocks = paragraphsOf(rendered.text, spansOf(rendered, 0)).map((block) =>
      withReasons(block, reasons),
    );
    const { state } = this.view;
    const slice = new Slice(Fragment.fromArray(blocks), 1, 1);
    this.view.dispatch(state.tr.replaceSelection(slice).scrollIntoView());
    this.view.focus();
  }

  /** What stands behind the “/” at the caret: the start of the palette's search. */
  slashQuery(): string | null {
    return /(?:^|\s)\/([^/\n]{0,40})$/u.exec(this.textBefore())?.[1] ?? null;
  }

  insertMention(id: string, name: string, length: number): void {
    const { state } = this.view;
    const to = state.selection.from;
    const mention = schema.nodes.mention.create({ id, name });
    this.view.dispatch(state.tr.replaceWith(to - length, to, [mention, schema.text(' ')]).scrollIntoView());
    this.view.focus();
  }

  /** The text of this paragraph in front of the caret. */
  textBefore(): string {
    const { $from, empty } = this.view.state.selection;
    return empty ? $from.parent.textBetween(0, $from.parentOffset, undefined, '\ufffc') : '';
  }

  caretBox(): DOMRect {
    const { left, top, bottom } = this.view.coordsAtPos(this.view.state.selection.from);
    return new DOMRect(left, top, 0, bottom - top);
  }

  // Formatting

  toggleMark(name: MarkName): void {
    this.run(toggleMark(schema.marks[name]));
  }

  toggleBlock(name: BlockName): void {
    const type = schema.nodes[name];
    if (this.isInside(type)) this.run(name === 'blockquote' ? lift : liftListItem(schema.nodes.list_item));
    else this.run(name === 'blockquote' ? wrapIn(type) : wrapInList(type));
  }

  clearFormatting(): void {
    const { state } = this.view;
    const { from, to, empty } = state.selection;
    const [start, end] = empty ? [0, state.doc.content.size] : [from, to];
    this.view.dispatch(state.tr.removeMark(start, end).setStoredMarks([]));
    for (let depth = 0; depth < 8 && this.run(lift); depth += 1);
    this.run(setBlockType(schema.nodes.paragraph));
  }

  /** Makes the selection a link; false if that cannot be one. An empty address removes the link. */
  setLink(typed: string): boolean {
    const { state } = this.view;
    const { from, to } = this.linkRange();
    const href = asLink(typed);
    if (typed.trim() === '') this.view.dispatch(state.tr.removeMark(from, to, schema.marks.link));
    else if (href === null) return false;
    else if (from === to)
      this.view.dispatch(
        state.tr.replaceSelectionWith(schema.text(typed.trim(), [schema.marks.link.create({ href })]), false),
      );
    else this.view.dispatch(state.tr.addMark(from, to, schema.marks.link.create({ href })));
    this.view.focus();
    return true;
  }

  // Chips

  /** Selects the first value that is missing and opens it. */
  showMissing(): void {
    const first = this.missing()[0];
    if (first) this.openChip(first.pos);
  }

  /** Gives a chip its text: it is plain text from then on. */
  fillChip(pos: number, text: string): void {
    const { state } = this.view;
    const node = state.doc.nodeAt(pos);
    if (node?.type !== schema.nodes.value) return;
    const words = text.trim();
    this.view.dispatch(
      words
        ? state.tr.replaceWith(pos, pos + 1, schema.text(words, node.marks))
        : state.tr.delete(pos, pos + 1),
    );
    this.view.focus();
  }

  /** Removes the sentence around a chip. */
  dropSentence(pos: number): void {
    const { state } = this.view;
    const $pos = state.doc.resolve(pos);
    const start = $pos.start();
    const block = $pos.parent;
    const text = block.textBetween(0, block.content.size, undefined, (leaf) =>
      leaf.type === schema.nodes.hard_break ? '\n' : '\ufffc',
    );
    const at = $pos.parentOffset;
    const before = text.slice(0, at);
    const begin = Math.max(
      ...['. ', '! ', '? '].map((sign) => before.lastIndexOf(sign) + 2),
      before.lastIndexOf('\n') + 1,
      0,
    );
    const from = Math.min(begin > 1 || before.includes('\n') ? begin : 0, at);
    const stop = /[.!?](\s|$)|\n/.exec(text.slice(at));
    const to = stop ? at + stop.index + (stop[0] === '\n' ? 0 : stop[0].length) : text.length;
    const isWhole = from === 0 && to >= text.length && state.doc.childCount > 1 && $pos.depth === 1;
    this.view.dispatch(
      isWhole ? state.tr.delete($pos.before(), $pos.after()) : state.tr.delete(start + from, start + to),
    );
    this.view.focus();
  }

  private openChip(pos: number): void {
    const { state } = this.view;
    const node = state.doc.nodeAt(pos);
    if (node?.type !== schema.nodes.value) return;
    this.view.dispatch(state.tr.setSelection(NodeSelection.create(state.doc, pos)).scrollIntoView());
    const dom = this.view.nodeDOM(pos) as HTMLElement | null;
    const reason = node.attrs['reason'] as string | null;
    this.listener.onchip({
      pos,
      path: String(node.attrs['path']),
      text: String(node.attrs['text']),
      reason,
      box: dom?.getBoundingClientRect() ?? this.caretBox(),
    });
  }

  private dropSlash(): void {
    const query = this.slashQuery();
    if (query === null) return;
    const { state } = this.view;
    const to = state.selection.from;
    this.view.dispatch(state.tr.delete(to - query.length - 1, to));
  }

  private isWordStart(pos: number): boolean {
    const $pos = this.view.state.doc.resolve(pos);
    const before = $pos.parent.textBetween(0, $pos.parentOffset, undefined, '\ufffc');
    return before === '' || /[\s\ufffc]$/u.test(before);
  }

  private isInside(type: NodeType): boolean {
    const { $from } = this.view.state.selection;
    for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return true;
    return false;
  }

  private linkRange(): { from: number; to: number } {
    const { from, to, empty, $from } = this.view.state.selection;
    if (!empty) return { from, to };
    const mark = schema.marks.link.isInSet($from.marks());
    if (!mark) return { from, to };
    let start = from;
    let end = to;
    $from.parent.forEach((node, offset) => {
      const at = $from.start() + offset;
      if (mark.isInSet(node.marks) && at <= from && at + node.nodeSize >= from) {
        start = at;
        end = at + node.nodeSize;
      }
    });
    return { from: start, to: end };
  }

  private run(command: Command): boolean {
    const isDone = command(this.view.state, this.view.dispatch);
    this.view.focus();
    return isDone;
  }

  private dispatch(transaction: Transaction): void {
    this.view.updateState(this.view.state.apply(transaction));
    if (transaction.docChanged) this.listener.onchange();
    if (transaction.docChanged || transaction.selectionSet || transaction.storedMarksSet) this.tellLooks();
  }

  private tellLooks(): void {
    const { state } = this.view;
    const { $from, from, to, empty } = state.selection;
    const marks = new Set<string>();
    for (const [name, type] of Object.entries(schema.marks)) {
      const isOn = empty
        ? type.isInSet(state.storedMarks ?? $from.marks())
        : state.doc.rangeHasMark(from, to, type);
      if (isOn) marks.add(name);
    }
    const blocks = new Set<string>();
    for (let depth = $from.depth; depth > 0; depth -= 1) blocks.add($from.node(depth).type.name);
    const link = schema.marks.link.isInSet($from.marks());
    this.listener.onselect({ marks, blocks, href: link ? String(link.attrs['href']) : null });
  }

  /** Files are uploaded; too much is cut; the rest goes the schema's way. */
  private paste(data: DataTransfer | null): boolean {
    if (!data) return false;
    const html = data.getData('text/html');
    const text = data.getData('text/plain');
    const files = [...data.files];
    if (files.length > 0 && !text.trim()) {
      this.listener.onfiles(files);
      return true;
    }
    if (html.length <= MAX_PASTED_HTML && text.length <= MAX_PASTED_CHARS) return false;
    const plain = (text || html.slice(0, MAX_PASTED_HTML).replace(/<[^>]*>/g, ' ')).slice(
      0,
      MAX_PASTED_CHARS * 2,
    );
    const { slice, isCut } = capped(sliceOfText(plain));
    this.view.dispatch(this.view.state.tr.replaceSelection(slice).scrollIntoView());
    if (isCut || plain.length < text.length) this.listener.oncut(MAX_PASTED_CHARS);
    return true;
  }

  private plugins(): Plugin[] {
    return [
      rules,
      keys,
      keymap(baseKeymap),
      history(),
      new Plugin({
        props: {
          decorations: undefined,
          attributes: (state): Record<string, string> =>
            state.doc.childCount === 1 && state.doc.firstChild?.isTextblock && state.doc.content.size <= 2
              ? { class: 'is-empty' }
              : {},
        },
      }),
    ];
  }
}

function withTail(doc: Node, text: string): Fragment {
  const last = doc.lastChild;
  if (last?.type !== schema.nodes.paragraph)
    return doc.content.append(Fragment.fromArray(paragraphsOf(text)));
  const [first, ...rest] = paragraphsOf(text);
  const joined = last.copy(last.content.append(first?.content ?? Fragment.empty));
  return doc.content.replaceChild(doc.childCount - 1, joined).append(Fragment.fromArray(rest));
}

function withReasons(block: Node, reasons: Map<string, string>): Node {
  const children: Node[] = [];
  block.forEach((child) => {
    const isMissing = child.type === schema.nodes.value && child.attrs['reason'] !== null;
    children.push(
      isMissing
        ? schema.nodes.value.create({
            ...child.attrs,
            reason: reasons.get(String(child.attrs['path'])) ?? '',
          })
        : child,
    );
  });
  return block.copy(Fragment.fromArray(children));
}

/** A chip that can be reached and opened by keyboard. */
class ChipView {
  readonly dom: HTMLElement;

  constructor(node: Node, open: () => void) {
    this.dom = document.createElement('span');
    const isMissing = node.attrs['reason'] !== null;
    this.dom.className = isMissing ? 'var miss' : 'var';
    this.dom.dataset['path'] = String(node.attrs['path']);
    this.dom.tabIndex = 0;
    this.dom.setAttribute('role', 'button');
    this.dom.setAttribute('aria-haspopup', 'dialog');
    this.dom.textContent = isMissing
      ? String(node.attrs['text']).replace(/^⟦|⟧$/g, '').split('.').slice(1).join(' ').replaceAll('_', ' ')
      : String(node.attrs['text']);
    this.dom.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      open();
    });
  }

  stopEvent(event: Event): boolean {
    return event.type === 'keydown';
  }

  ignoreMutation(): boolean {
    return true;
  }
}

export { fileIdOf };
