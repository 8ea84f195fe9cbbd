import { config } from './config';

/**
 * The look of what stands in the shop's page. What the host element says is important, because a
 * shop's `*{all:unset!important}` would win over anything less. Icons are clipped from a colour,
 * because no shop's img-src has a say in that.
 */
export const STYLE = `:host{all:initial!important;display:contents!important}
.h{position:fixed;z-index:999999999;bottom:calc(var(--y) + env(safe-area-inset-bottom));display:flex;flex-direction:column;gap:15px;pointer-events:none;font:15px/22px system-ui;${config.look}}
*{box-sizing:border-box;border:0;padding:0;font:inherit;color:inherit;background:0 0;pointer-events:auto}[hidden]{display:none!important}
.l{position:relative;display:flex;gap:8px;padding:15px;border-radius:28px;line-height:26px;forced-color-adjust:none;background:var(--a);color:var(--o);box-shadow:inset 0 0 0 1px var(--e),0 4px 32px #0004}
.l::before,.x::before{content:"";width:26px;height:26px;background:currentColor;clip-path:path(evenodd,"M13 2a11 11 0 1 1-5 21L2 24l1-6A11 11 0 0 1 13 2zm0 2a9 9 0 1 1 0 18 9 9 0 1 1 0-18z")}
.x::before,[aria-expanded=true]::before{clip-path:path("M5 6 6 5 21 20 20 21zM20 5 21 6 6 21 5 20z")}
b{position:absolute;top:-4px;right:-4px;min-width:24px;border-radius:12px;background:var(--o);color:var(--a);border:2px solid;font:700 12px/20px system-ui}
.p,.c{position:relative;overflow:hidden;width:384px;max-width:92vw;border-radius:var(--r);background:Canvas;color:CanvasText;box-shadow:0 4px 32px #0004}
.f{padding:15px}a{display:block;padding:15px}
iframe{display:block;width:100%;height:min(640px,100vh - var(--y) - 84px);visibility:hidden}.r iframe{visibility:visible}
@media(max-width:480px),(max-height:560px){.r{position:fixed;inset:0;width:100%;max-width:none;border-radius:0}.r iframe{height:100%}.r:not([hidden])~.l{display:none}}
@media(forced-colors:active){.p,.c{border:1px solid}}`;
