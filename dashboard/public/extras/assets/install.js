// Registers the worker that makes the view readable without a network. A page is whole without it: where a browser refuses
// it (a private window, an unencrypted address), nothing else changes.
'use strict';
if (navigator.serviceWorker) {
  const address = new URL('../sw.js', document.currentScript.src).href;
  const rule = {createScriptURL: (url) => url};
  const trusted = window.trustedTypes ? trustedTypes.createPolicy('regie-worker', rule) : rule;
  const register = () => navigator.serviceWorker.register(trusted.createScriptURL(address))
    .catch((problem) => console.info(problem.message));
  // The worker is no part of the first load: its script is fetched when the page stands and the browser has nothing to do.
  addEventListener('load', () => (window.requestIdleCallback || setTimeout)(() => register()), {once: true});
}
