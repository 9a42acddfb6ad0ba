// What a hall's screen does beside keeping true (live.js): it drifts, and shows its button to whoever comes near.
'use strict';
(() => {
  const main = document.getElementById('main'), root = document.documentElement;

  // The button is out of sight (tv.css); whoever moves a pointer or touches the screen finds it for a while.
  let hiding = 0;
  const touched = () => {
    root.classList.add('touched');
    clearTimeout(hiding);
    hiding = setTimeout(() => root.classList.remove('touched'), 1e4);
  };
  for (const kind of ['pointermove', 'pointerdown']) addEventListener(kind, touched);

  // A slow path within the page's padding, so that nothing is ever cut.
  let minute = 0;
  setInterval(() => {
    if (main.classList.contains('paused')) return;
    minute += 1;
    main.style.transform = `translate(${(.8 * Math.sin(minute / 7)).toFixed(2)}em, ${(.6 * Math.sin(minute / 11)).toFixed(2)}em)`;
  }, 60e3);
})();
