// Copies a piece of code; where the browser gives pages no clipboard, the piece is selected for the reader to copy.
'use strict';
for (const button of document.querySelectorAll('button[data-copies]')) {
  button.hidden = false;
  const piece = document.getElementById(button.dataset.copies), label = button.textContent;
  button.addEventListener('click', async () => {
    piece.select();
    try {
      await navigator.clipboard.writeText(piece.value);
    } catch { return; } // no permission, or no encryption
    button.textContent = button.dataset.done;
    document.getElementById('say').textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 3e3);
  });
}
