/** A small choice, by what one would type for it. */
const LINES = `😀 grin happy smile|😃 smile happy joy|😊 smile blush warm|🙂 smile slight|😉 wink|😄 laugh happy|😅 sweat relief phew|😂 tears laugh|🤣 rolling laugh|😇 angel innocent|😍 heart eyes love|🥰 hearts love|😘 kiss|😋 yum tasty|😎 cool sunglasses|🤩 star eyes wow|🥳 party celebrate|🤔 think hmm|🤗 hug|🤝 handshake deal|😐 neutral|😕 confused|😟 worried|🙁 sad frown|😢 cry tear sad|😭 sob cry|😔 sorry pensive|😞 disappointed|😬 grimace awkward|😳 flushed|😱 scream shock|😴 sleep|🤒 ill sick|🤯 mind blown|🙈 monkey see no evil oops|🙏 please thanks pray|👍 thumbs up yes good ok|👎 thumbs down no|👌 ok perfect|👏 clap bravo|🙌 hooray hands|💪 strong muscle|👋 wave hello bye|🤞 fingers crossed luck|✌️ peace victory|👀 eyes look|❤️ heart love red|🧡 heart orange|💛 heart yellow|💚 heart green|💙 heart blue|💜 heart purple|🖤 heart black|🤍 heart white|💔 broken heart|💯 hundred perfect|✨ sparkles new shiny|🎉 party celebrate tada|🎊 confetti|🎁 gift present|🎂 cake birthday|🥂 cheers toast|🍾 champagne|🎈 balloon|⭐ star|🌟 star glow|🔥 fire hot|⚡ lightning fast|☀️ sun|🌈 rainbow|🌸 flower blossom|🌹 rose|🌻 sunflower|🌿 herb leaf linen|🍀 clover luck|🌍 world earth|🌱 plant seedling eco|❄️ snow winter|☔ rain umbrella|☕ coffee|🍵 tea|🍕 pizza|🍎 apple|📦 parcel package box order|📬 mailbox|📧 email mail|✉️ envelope letter|📞 phone call|📱 mobile phone|💻 laptop computer|🖨️ printer|📷 camera photo|🔗 link|📎 paperclip attachment|📄 document page|📝 note write|📅 calendar date|⏰ alarm clock time|⏳ hourglass wait|⌛ hourglass done|🔍 search magnifier|🔒 lock secure|🔑 key|🛒 cart shopping|🛍️ shopping bags|💳 credit card payment|💶 euro money|💵 dollar money|💰 money bag|🧾 receipt invoice|🏷️ tag label price|🚚 truck delivery shipping|✈️ plane air|🚢 ship|🚲 bicycle courier|🏠 house home|🏢 office building|🏪 shop store|🏭 factory warehouse|📍 pin place location|🗺️ map|👕 shirt tshirt|👗 dress|👖 trousers jeans|🧥 coat jacket|👟 shoe sneaker|👠 heel shoe|👜 bag handbag|🧣 scarf|🧶 yarn wool|🧵 thread|🪡 needle sew|📏 ruler size measure|🎨 palette colour|🛏️ bed|🧺 basket laundry|🧼 soap wash|✅ check done yes|☑️ box checked|✔️ tick|❌ cross no wrong|❗ exclamation important|❓ question|⚠️ warning caution|🚫 forbidden no|ℹ️ information|🔄 refresh exchange return|↩️ return back|➡️ right arrow|⬅️ left arrow|⬆️ up|⬇️ down|🆕 new|🆗 ok|🔔 bell|📣 announce megaphone|💬 speech message chat|💡 idea bulb|🛠️ tools repair fix|🐶 dog|🐱 cat|🐻 bear|🐰 rabbit|🐝 bee|🦋 butterfly`;

export interface Emoji {
  sign: string;
  words: string;
}

export const EMOJI: readonly Emoji[] = LINES.split('|').map((line) => {
  const space = line.indexOf(' ');
  return { sign: line.slice(0, space), words: line.slice(space + 1) };
});

/** Those with a word that begins so come first, then those that contain it. */
export function findEmoji(query: string, all: readonly Emoji[] = EMOJI): Emoji[] {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [...all];
  const begins = (each: Emoji) => each.words.split(' ').some((word) => word.startsWith(wanted));
  const found = all.filter((each) => each.words.includes(wanted));
  return [...found.filter(begins), ...found.filter((each) => !begins(each))];
}
