// What widget and screen do beside keeping true (live.js): a page of another build than its values loads itself anew.
keepTrue(main.dataset.board, (view) => { if (view.build !== main.dataset.build) location.reload(); });
