const MARK = 'link[rel="icon"]';
let plain: string | null = null;

/** A dot on the tab's icon, and the number on the app's icon where it is installed. */
export function showBadge(n: number): void {
  const link = document.querySelector<HTMLLinkElement>(MARK);
  if (link) {
    plain ??= link.getAttribute('href');
    const wanted = n > 0 ? dotted() : (plain ?? '');
    if (link.getAttribute('href') !== wanted) link.setAttribute('href', wanted);
  }
  if (!('setAppBadge' in navigator)) return;
  const done = n > 0 ? navigator.setAppBadge(n) : navigator.clearAppBadge();
  done.catch(() => undefined); // not installed: there is no icon to write on
}

/** Our mark with a dot; colours of its own, because a tab knows nothing of ours. */
function dotted(): string {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#7f8794" stroke-width="2.300" stroke-linecap="round" stroke-linejoin="round">' +
    '<path d="M12 3.500a8.500 8.500 0 1 1-4.100 15.950L3.700 20.500l1.100-4.100A8.500 8.500 0 0 1 12 3.500Z"/><path d="m8.500 12.100 2.500 2.500 4.700-4.900"/>' +
    '<circle cx="18" cy="6" r="5.500" fill="#2b59d9" stroke="none"/></svg>';
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
