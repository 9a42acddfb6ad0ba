// Makes the public view readable without a network: the last pages and values seen, always marked stale.
// The network comes first for everything that carries a figure; a copy is used only where it does not answer.
'use strict';
const PREFIX = 'regie-public-', CACHE = PREFIX + '__BUILD__';
const WORDS = __WORDS__;
const ROOT = new URL('./', location).pathname;
const LIMIT = 8e3; // ms that a page may take when there is a copy of it

const below = (url) => (url.origin === location.origin && url.pathname.startsWith(ROOT) ? url.pathname.slice(ROOT.length) : null);
const isPage = (path) => /^([a-z]{2}\/([a-z]+\/?)?)?$/.test(path);
const isValues = (path) => /^[a-z]{2}\/[a-z]+\.json$/.test(path);
// Their addresses change with their content, or their content with this worker's build: a copy is as good as the original.
const isFixed = (path) => path.startsWith('assets/') || /^icon[a-z0-9-]*\.(svg|png)$/.test(path);

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()));

self.addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
  // The page that installed this worker was loaded without it: keep it, too.
  const open = await self.clients.matchAll({type: 'window'});
  await Promise.allSettled(open.map((client) => keep(client.url)));
})()));

self.addEventListener('fetch', (event) => {
  const path = below(new URL(event.request.url));
  if (event.request.method !== 'GET' || path === null) return;
  if (isFixed(path)) event.respondWith(fixed(event.request));
  else if (event.request.mode === 'navigate' && isPage(path)) event.respondWith(page(event.request, path));
  else if (isValues(path)) event.respondWith(values(event.request));
});

async function fixed(request) {
  const cache = await caches.open(CACHE), key = bare(request.url), copy = await cache.match(key);
  if (copy) return copy;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(key, answer.clone());
  return answer;
}

async function page(request, path) {
  const cache = await caches.open(CACHE), copy = await cache.match(bare(request.url));
  try {
    const answer = reached(await (copy ? Promise.race([fetch(request), late()]) : fetch(request)));
    if (answer.ok) await store(cache, request.url, answer.clone());
    return answer;
  } catch {
    return copy ? marked(copy, path) : instead(cache, path);
  }
}

async function values(request) {
  const cache = await caches.open(CACHE), key = bare(request.url);
  try {
    const answer = reached(await fetch(request));
    if (answer.ok) {
      if ((await answer.clone().json()).embargo) await forget(cache);
      await cache.put(key, answer.clone());
    }
    return answer;
  } catch (problem) {
    const copy = await cache.match(key);
    if (!copy) throw problem;
    const view = await copy.json();
    view.stale_after = view.published_at; // old from its first second: whoever reads it calls it stale
    return new Response(JSON.stringify(view), {headers: {'content-type': 'application/json', 'x-kept': '1'}});
  }
}

// A page whose card of the embargo is there and not hidden.
const withheld = (html) => (html.match(/<section [^>]*class="card embargo"[^>]*>/g) || []).some((tag) => !/ hidden[ >=]/.test(tag));

// An embargo withholds what was told before, in every language: no copy of it may outlive its original.
async function forget(cache) {
  for (const request of await cache.keys()) {
    const path = below(new URL(request.url));
    if (isPage(path) || isValues(path)) await cache.delete(request);
  }
}

// A proxy that finds nobody behind it (502, 504) is as good as no network; every other answer is the view's own.
function reached(answer) {
  if (answer.status === 502 || answer.status === 504) throw new Error(answer.status);
  return answer;
}

// A page out of a copy says so before any script runs: by its own line about stale values, or else by one of ours.
async function marked(copy, path) {
  const html = (await copy.text()).replace('<html ', '<html data-offline ');
  const told = html.replace(/(<p [^>]*id="stale"[^>]*?) hidden(="")?(?=[ >])/, '$1');
  const words = WORDS[path.slice(0, 2)] || WORDS.en;
  const line = `<p class="notice">${words.copy}</p>`;
  const body = / id="stale"/.test(html) ? told : told.replace(/<main[^>]*>/, (main) => main + line);
  const headers = new Headers(copy.headers); // with the page's own security policy
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return new Response(body, {headers});
}

async function instead(cache, path) {
  const kept = (await cache.keys()).map((request) => below(new URL(request.url))).filter((each) => /^[a-z]{2}\/$/.test(each));
  const language = WORDS[path.slice(0, 2)] ? path.slice(0, 2) : (kept[0] || navigator.language).slice(0, 2);
  const words = WORDS[language] || WORDS.en;
  const last = kept.find((each) => each === language + '/') || kept[0];
  const link = last ? `<p><a href="${ROOT}${last}">${words.last}</a></p>` : '';
  // It tries again by itself, for a screen that nobody touches.
  const head = '<meta charset="utf-8"><meta http-equiv="refresh" content="30"><meta name="color-scheme" content="light dark">'
    + '<meta name="viewport" content="width=device-width,initial-scale=1">';
  const body = `<h1>${words.title}</h1><p>${words.text}</p>${link}`;
  const style = '<style>body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }</style>';
  const title = `<title>${words.title}</title>`, lang = WORDS[language] ? language : 'en';
  const html = `<!doctype html><html lang="${lang}"><head>${head}${style}${title}</head><body>${body}</body></html>`;
  return new Response(html, {status: 503, headers: {'content-type': 'text/html; charset=utf-8'}});
}

// A page and everything that it needs to be read: its style and script, and its values.
async function keep(address) {
  const path = below(new URL(address));
  if (path === null || !isPage(path)) return;
  const answer = await fetch(bare(address), {cache: 'no-cache'});
  if (answer.ok) await store(await caches.open(CACHE), address, answer);
}

async function store(cache, address, answer) {
  const html = await answer.clone().text();
  if (withheld(html)) await forget(cache);
  await cache.put(bare(address), answer);
  const needs = [...html.matchAll(/(?:href|src|data-board)="([^"]*(?:assets\/[^"]+|board\.json))"/g)].map((found) => found[1]);
  if (/^[a-z]{2}\/$/.test(below(new URL(address)))) needs.push('live.json');
  await Promise.allSettled(needs.map(async (need) => {
    const url = new URL(need, address).href;
    if (!(await cache.match(url))) await cache.add(url);
  }));
}

function bare(address) {
  const url = new URL(address);
  return url.origin + url.pathname;
}

function late() {
  return new Promise((_, refuse) => { setTimeout(() => refuse(new Error('late')), LIMIT); });
}
