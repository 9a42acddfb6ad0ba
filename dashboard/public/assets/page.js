// What the live page does beside keeping true (live.js): it says big changes aloud, and shows what a pause means.
const BIG_CHANGE = 5; // points of share worth saying aloud
let said = null;

keepTrue('live.json', (live) => {
  const share = live.share_percent;
  const small = said && share !== null && said.share !== null && Math.abs(share - said.share) < BIG_CHANGE;
  if (said && !small && said.say !== live.say) say(live.say);
  if (!small) said = {share, say: live.say};
});

byId('pause').addEventListener('click', () => {
  const paused = main.classList.contains('paused');
  byId('paused').hidden = !paused;
  byId('paused').textContent = paused ? words.paused : '';
});
