import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';

/** Watches a page for whatever a text from outside could have made of it. */
export interface Canary {
  /** Looks at the page as it is, and throws with what is wrong; `where` names the view. */
  check(page: Page, where: string): Promise<void>;
}

/** In every document: a payload that runs says so, and so does one that the policy held back. */
const WATCH = `
  Object.defineProperty(window, '__ran', { get: () => undefined, set: (by) => window.__tell('ran: ' + by) });
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    window.__tell('refused by the policy: ' + [violatedDirective, blockedURI, sample].join(' ')));
`;

/** Elements and attributes that no page of ours has. */
const FOREIGN = `(() => {
  const TAGS = new Set(['img', 'image', 'iframe', 'frame', 'object', 'embed', 'base', 'video', 'audio', 'source', 'math',
    'foreignobject', 'animate', 'set', 'marquee', 'noscript', 'template', 'isindex', 'portal']);
  const ADDRESSES = new Set(['href', 'xlink:href', 'src', 'srcset', 'srcdoc', 'action', 'formaction', 'data', 'poster']);
  const isOwn = (value) => value.startsWith('#') || new URL(value, location.href).origin === location.origin;
  const foreign = [];
  for (const element of document.querySelectorAll('*')) {
    const tag = element.localName;
    const is = [];
    if (TAGS.has(tag) || tag.includes('-')) is.push('element');
    if (tag === 'script' && !isOwn(element.getAttribute('src') ?? 'data:,')) is.push('script');
    if (tag === 'style' && /evil|@import/.test(element.textContent)) is.push('style');
    if (tag === 'meta' && element.httpEquiv !== '') is.push('meta');
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name)) is.push(name);
      const isLink = tag === 'a' && name === 'href' && /^https?:/.test(value) && /noopener/.test(element.rel);
      if (ADDRESSES.has(name) && !isLink && !isOwn(value)) is.push(name);
      if (name === 'style' && /url\\(|expression|behavior/.test(value)) is.push('style');
    }
    if (is.length > 0) foreign.push(is.join(', ') + ': ' + element.outerHTML.slice(0, 200));
  }
  return foreign;
})()`;

/** Before the context's first page. `serverUrl`: where all requests belong. */
export async function watchContext(context: BrowserContext, serverUrl: string): Promise<Canary> {
  const wrong: string[] = [];
  await context.exposeFunction('__tell', (text: string) => void wrong.push(text));
  await context.addInitScript(WATCH);
  const isOwn = (url: string) =>
    url.startsWith(`${serverUrl}/`) || url.startsWith(`${serverUrl.replace('http', 'ws')}/`);
  context.on('request', (request) => {
    if (!isOwn(request.url())) wrong.push(`asked for ${request.url()}`);
  });
  context.on('dialog', (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('weberror', (error) => void wrong.push(`error ${error.error().message}`));
  context.on('page', (page) => {
    page.on('popup', (popup) => void wrong.push(`popup ${popup.url()}`));
    page.on('framenavigated', (frame) => {
      if (!isOwn(frame.url())) wrong.push(`went to ${frame.url()}`);
    });
  });
  return {
    check: async (page, where) => {
      const foreign = (await page.evaluate(FOREIGN)) as string[];
      expect({ where, wrong: [...wrong, ...foreign] }).toEqual({ where, wrong: [] });
      expect(page.frames()).toHaveLength(1);
    },
  };
}
