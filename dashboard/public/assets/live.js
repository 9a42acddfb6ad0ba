// Keeps a page true: asks for its values when new ones are due, puts their words into place and says how old they are.
// Words and numbers are made on the server. What a page does beside this stands in its own script, joined behind this one.
'use strict';
const byId = (id) => document.getElementById(id);
const main = byId('main');
const words = JSON.parse(main.dataset.words);
const say = (text) => { byId('say').textContent = text; };

// address: of the values; renewed: what else is done with new ones.
function keepTrue(address, renewed) {
  const HEARTBEAT = 60e3, SPREAD = 15e3, AGAIN = 5e3, LIMIT = 1e4; // ms
  // The page itself came with values; out of a cache (sw.js marks it) they count as two missed fetches.
  let live = JSON.parse(main.dataset.clock), missed = document.documentElement.hasAttribute('data-offline') ? 2 : 0;
  let skew = 0, paused = false, stale = main.classList.contains('stale');
  let timer = 0, running = null;

  const now = () => Date.now() + skew;

  function put(view) {
    for (const element of document.querySelectorAll('[data-k]')) {
      const text = view.text[element.dataset.k], attributes = view.attributes[element.dataset.k];
      if (text !== undefined && element.textContent !== text) element.textContent = text;
      for (const name in attributes) {
        if (attributes[name] === null) element.removeAttribute(name);
        else element.setAttribute(name, attributes[name]);
      }
    }
  }

  function showAge() {
    // None where nothing is shown: before the first values, in trouble.
    const published = Date.parse(live.published_at);
    const s = Math.max(1, Math.round((now() - published) / 1e3));
    // Steps as the server takes them: the next unit from one and a half of it on.
    const [count, pattern] = s < 90 ? [s, s === 1 ? 0 : 1] : s < 5400 ? [s / 60, 2] : s < 129600 ? [s / 3600, 3] : [s / 86400, 4];
    byId('age').textContent = published ? `(${words.ages[pattern].replace(/\d+/, Math.round(count))})` : '';
    setStale(Boolean(published) && (missed >= 2 || now() > Date.parse(live.stale_after)));
  }

  function setStale(is) {
    if (is !== stale && live.published_at) say(is ? byId('stale').textContent : words.fresh);
    stale = is;
    main.classList.toggle('stale', is);
    byId('stale').hidden = !is;
  }

  // New values are due at next_at; visitors spread over the seconds after it. Faster ticks get a smaller spread.
  function delay() {
    const period = live.next_at ? Date.parse(live.next_at) - Date.parse(live.published_at) : HEARTBEAT;
    const quick = period > 0 && period < HEARTBEAT;
    // A start is over soon: what has no values yet asks quickly at first, and then ever more seldom.
    const rare = live.published_at ? HEARTBEAT : Math.min(HEARTBEAT, AGAIN * 2 ** (missed - 1));
    if (missed) return (quick ? Math.max(2e3, period) : rare) * (.9 + .2 * Math.random());
    const spread = Math.random() * (quick ? period / 5 : SPREAD);
    let due = live.next_at ? Date.parse(live.next_at) - now() : HEARTBEAT;
    // The tick takes a moment, files another.
    if (!quick && due < 0 && due > -SPREAD) return AGAIN * (.9 + .2 * Math.random());
    if (due < 0) due = quick ? Math.max(1e3, period / 3) : HEARTBEAT;
    return Math.min(due + spread, HEARTBEAT);
  }

  async function load() {
    clearTimeout(timer);
    if (paused || document.hidden || running) return;
    running = new AbortController();
    const limit = setTimeout(() => running.abort(), LIMIT);
    try {
      const answer = await fetch(address, {cache: 'no-cache', credentials: 'omit', signal: running.signal});
      // A cache on the way keeps the date of the original, and says for how long; the service worker's copy has no date.
      // The header counts whole seconds.
      const ahead = Date.parse(answer.headers.get('date')) + 1e3 * answer.headers.get('age') - Date.now();
      skew = Math.abs(ahead) > 2e3 ? ahead : 0;
      const view = await answer.json();
      // What the service worker kept is from when there was a network: old, which is said at once.
      missed = !answer.ok ? missed + 1 : answer.headers.has('x-kept') ? 2 : 0;
      // Where nothing may be shown, what was shown goes, too.
      const hides = view.text && !view.published_at;
      // A paused page keeps, and ages, what it holds.
      if (!paused && (answer.ok || hides)) { live = view; put(view); renewed(view); }
    } catch { missed += 1; }
    clearTimeout(limit);
    running = null;
    showAge();
    plan();
  }

  function plan() {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(load, delay());
  }

  byId('pause').hidden = false;
  byId('pause').addEventListener('click', () => {
    paused = !paused;
    main.classList.toggle('paused', paused);
    byId('pause').textContent = paused ? words.resume : words.pause;
    say(paused ? words.paused : words.resumed);
    if (paused) clearTimeout(timer);
    else load();
  });
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : load()));
  addEventListener('online', load);
  setInterval(() => { if (!document.hidden) showAge(); }, 5e3);
  load();
}
