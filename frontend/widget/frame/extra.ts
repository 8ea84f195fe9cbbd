// What most visits never see, in a file of its own, and how it looks.
import css from './extra.css?inline';

export { default as Away } from './Away.svelte';
export { default as EmailAsk } from './EmailAsk.svelte';
export { default as Help } from './Help.svelte';
export { default as Files } from './Files.svelte';
export { default as Order } from './Order.svelte';
export { default as OrderCard } from './OrderCard.svelte';
export { default as Rating } from './Rating.svelte';
export { default as Rich } from './Rich.svelte';
export { default as Track } from './Track.svelte';
export { default as Tray } from './Tray.svelte';
export { loadEarlier, openAnswer } from './asks';
export { attach } from './uploads';

// A sheet that a script makes is within the frame's policy; one more <style> would not be.
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
