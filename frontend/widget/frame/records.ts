/** What the server tells the frame; see integrations/chat/records.py. */
export interface Boot {
  site: string;
  name: string;
  greeting: string;
  radius: number;
  theme: 'light' | 'dark' | 'auto';
  logo_url: string | null;
  languages: string[];
  locale: string;
  is_open: boolean;
  opens_at: string | null;
  reply_minutes: number | null;
  team: { name: string; avatar_url: string | null }[];
  actions: { kind: 'track' | 'cancel' | 'return' | 'link'; label?: string; url?: string }[];
  privacy_url: string | null;
  limits: { max_files: number; max_bytes: number; types: string[] };
  asks_email: 'after_first' | 'before' | 'never';
  /** Questions whose answers are offered before anybody asks. */
  answers: { id: string; question: string }[];
}

export interface Answer {
  id: string;
  question: string;
  answer: string;
}

export interface Visitor {
  id: string;
  name: string | null;
  email: string | null;
  is_verified: boolean;
}

export interface Csat {
  state: 'asked' | 'answered';
  kind: 'csat' | 'nps';
  score: number | null;
  comment: string;
  /** Words of the shop; empty where the widget has its own. */
  question: string;
  why: string;
  least: string;
  most: string;
  said: string;
}

export interface Conversation {
  id: string;
  subject: string;
  status: 'open' | 'closed';
  last_message: { text: string; at: string; author: string } | null;
  unread: number;
  last_position: number;
  seen_by_agent_position: number;
  csat: Csat | null;
  continued_by: 'chat' | 'email';
}

export interface FileRecord {
  id: string;
  name: string;
  content_type: string;
  size_bytes: number;
  url: string;
}

export interface Message {
  id: string;
  position: number;
  author: 'visitor' | 'agent' | 'system';
  name: string;
  avatar_url: string | null;
  text: string;
  html: string;
  attachments: FileRecord[];
  at: string;
  quick_replies: string[];
  system?: 'joined' | 'closed' | 'by_email' | 'csat';
}

export interface Order {
  id: string;
  number: string;
  placed_at: string;
  state: string;
  state_text: string;
  total: { text: string };
  items: { title: string; variant: string; quantity: number; image_url: string }[];
  parcels: {
    carrier: string;
    tracking_number: string;
    tracking_url: string;
    status: string;
    shipped_at: string | null;
    estimated_at: string | null;
    delivered_at: string | null;
  }[];
  promised_at: string | null;
  as_of: string;
}

export interface Session {
  visitor_token: string;
  hint: string;
  visitor: Visitor;
  conversations: Conversation[];
  orders: Order[];
  unread: number;
}
