// Replays: a slider over quarter hours, and a button that moves it. Nothing is loaded, nothing is sent.
for (const section of document.querySelectorAll(".replay")) {
  const data = JSON.parse(section.querySelector("script").textContent);
  const find = (name) => section.querySelector(name);
  const slider = find("input"), button = find(".play"), clock = find(".clock"), bars = find(".bars"), happened = find(".happened");
  const strips = section.querySelectorAll(".strip");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let timer = 0;

  const rows = data.frames[0].bars.map(([name]) => {
    const row = document.createElement("div");
    row.className = "bar";
    row.innerHTML = '<span class="name"></span><span class="track"><i class="ours"></i><i class="alone"></i><i class="top"></i></span><b></b>';
    row.querySelector(".name").textContent = name;
    bars.append(row);
    return row;
  });
  const scale = Math.max(...data.frames.flatMap((f) => f.bars.flatMap(([, ours, alone, limit]) => [ours ?? 0, alone ?? 0, limit]))) * 1.04;

  function show(at) {
    const frame = data.frames[at];
    clock.textContent = frame.clock;
    slider.setAttribute("aria-valuetext", frame.clock);
    frame.bars.forEach(([, ours, alone, limit, text], i) => {
      const part = (name) => rows[i].querySelector(name);
      part(".ours").style.width = `${(100 * (ours ?? 0)) / scale}%`;
      part(".ours").classList.toggle("over", ours > limit);
      part(".alone").style.left = `${(100 * (alone ?? 0)) / scale}%`;
      part(".alone").hidden = alone === null;
      part(".top").style.left = `${(100 * limit) / scale}%`;
      part("b").textContent = text;
    });
    happened.replaceChildren(...(frame.said.length ? frame.said : [data.quiet]).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
    for (const strip of strips) {
      const full = strip.querySelector("svg").viewBox.baseVal.width;
      const left = (100 * (data.left + (data.width * (at + 1)) / data.frames.length)) / full;
      strip.querySelector(".cursor").style.left = `${left}%`;
      strip.querySelector(".curtain").style.left = `${left}%`;
    }
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    button.textContent = data.play;
    button.setAttribute("aria-pressed", "false");
  }
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (+slider.value === data.frames.length - 1) slider.value = 0;
    show(+slider.value);
    button.textContent = data.pause;
    button.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      slider.value = +slider.value + 1;
      show(+slider.value);
      if (+slider.value === data.frames.length - 1) stop();
    }, still ? 1500 : 600);
  });
  slider.addEventListener("input", () => { stop(); show(+slider.value); });
  section.classList.add("alive");
  show(+slider.value);
}
