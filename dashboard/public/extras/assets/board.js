// Keeps a small page true, as page.js keeps the live page.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const main = byId('main');
  const words = JSON.parse(main.dataset.words);
  const HEARTBEAT = 60e3, SPREAD = 15e3, AGAIN = 5e3, LIMIT = 1e4; // ms
  // The page itself came with values; out of a cache (sw.js marks it) they count as two missed fetches.
  let live = JSON.parse(main.dataset.clock), missed = document.documentElement.hasAttribute('data-offline') ? 2 : 0;
  let skew = 0, paused = false, stale = main.classList.contains('stale'), timer = 0, running = null;

  const now = () => Date.now() + skew;
  const say = (text) => { byId('say').textContent = text; };

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
    const published = live.published_at ? Date.parse(live.published_at) : null;
    byId('age').textContent = published === null ? '' : age(published);
    setStale(published !== null && (missed >= 2 || now() > Date.parse(live.stale_after)));
  }

  function age(published) {
    const s = Math.max(1, Math.round((now() - published) / 1e3));
    const [count, pattern] = s < 90 ? [s, s === 1 ? 0 : 1] : s < 5400 ? [s / 60, 2] : s < 129600 ? [s / 3600, 3] : [s / 86400, 4];
    return `(${words.ages[pattern].replace(/\d+/, Math.round(count))})`;
  }

  function setStale(is) {
    if (is !== stale) say(is ? byId('stale').textContent : words.fresh);
    stale = is;
    main.classList.toggle('stale', is);
    byId('stale').hidden = !is;
  }

  function delay() {
    const period = live.next_at ? Date.parse(live.next_at) - Date.parse(live.published_at) : HEARTBEAT;
    const quick = period > 0 && period < HEARTBEAT;
    if (missed) return (quick ? Math.max(2e3, period) : HEARTBEAT) * (.9 + .2 * Math.random());
    let due = live.next_at ? Date.parse(live.next_at) - now() : HEARTBEAT;
    if (!quick && due < 0 && due > -SPREAD) return AGAIN * (.9 + .2 * Math.random()); // the tick takes a moment, files another
    if (due < 0) due = quick ? Math.max(1e3, period / 3) : HEARTBEAT;
    return Math.min(due + Math.random() * (quick ? period / 5 : SPREAD), HEARTBEAT);
  }

  async function load() {
    clearTimeout(timer);
    if (paused || document.hidden || running) return;
    running = new AbortController();
    const limit = setTimeout(() => running.abort(), LIMIT);
    try {
      const answer = await fetch(main.dataset.board, {cache: 'no-cache', credentials: 'omit', signal: running.signal});
      if (!answer.ok) throw new Error(answer.status);
      // A cache on the way keeps the date of the original, and says for how long.
      const ahead = Date.parse(answer.headers.get('date')) + 1e3 * answer.headers.get('age') - Date.now();
      const view = await answer.json();
      skew = Math.abs(ahead) > 2e3 ? ahead : 0; // the header counts whole seconds
      missed = 0;
      if (!paused) { // a paused page goes on ageing
        if (view.build !== main.dataset.build) return location.reload();
        live = view;
        put(view);
      }
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

  const button = byId('pause');
  button.hidden = false;
  button.addEventListener('click', () => {
    paused = !paused;
    main.classList.toggle('paused', paused);
    button.textContent = paused ? words.resume : words.pause;
    say(paused ? words.paused : words.resume);
    if (paused) clearTimeout(timer);
    else load();
  });
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : load()));
  addEventListener('online', load);
  setInterval(() => { if (!document.hidden) showAge(); }, 5e3);

  showAge();
  load();
})();
