import { frame } from './app.svelte';
import { merged } from './lines';
import type { Answer, Csat, Message, Order } from './records';

/** Keeps where the shopper can be reached; raises a Refusal for what is no address. */
export async function giveEmail(email: string): Promise<void> {
  await frame.begin();
  const kept = await frame.call<{ email: string }>('POST', 'email', { email });
  frame.visitor = { ...frame.visitor!, email: kept.email };
  frame.dontAsk();
}

/** Finds the order and shows it; raises a Refusal, always the same one for a miss. */
export async function findOrder(number: string, contact: string): Promise<void> {
  await frame.begin();
  const { order } = await frame.call<{ order: Order }>('POST', 'orders/lookup', { number, contact });
  frame.showOrder(order);
}

export async function rate(score: number, comment: string): Promise<void> {
  const id = frame.current;
  const csat = await frame.call<Csat>('POST', `conversations/${id}/csat`, { score, comment });
  frame.setConversations(frame.conversations.map((each) => (each.id === id ? { ...each, csat } : each)));
  frame.host.emit('csat', { score });
}

/** Sends the talk to the shopper's address, and answers that address. */
export async function sendTranscript(): Promise<string> {
  await frame.call('POST', `conversations/${frame.current}/transcript`, {});
  return frame.visitor?.email ?? '';
}

/** What was said before the first line that is here. */
export async function loadEarlier(): Promise<void> {
  const id = frame.current;
  const path = `conversations/${id}/messages?before=${frame.messages[0]?.position}&limit=30`;
  const answer = await frame.call<{ messages: Message[]; has_more: boolean }>('GET', path);
  if (id !== frame.current) return;
  frame.messages = merged(answer.messages, frame.messages);
  frame.hasEarlier = answer.has_more;
}

/** Answers to what was typed; nobody has to be known for it. */
export async function findAnswers(asked: string): Promise<Answer[]> {
  const query = new URLSearchParams({ q: asked, locale: frame.boot.locale });
  return (await frame.call<{ results: Answer[] }>('GET', `help?${query.toString()}`)).results;
}

/** Opens one answer; one that is gone opens the help instead. */
export async function openAnswer(id: string): Promise<void> {
  const path = `help/${encodeURIComponent(id)}?locale=${frame.boot.locale}`;
  frame.answer = await frame.call<Answer>('GET', path).catch(() => null);
  frame.go('help');
}
