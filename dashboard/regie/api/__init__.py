"""``/api/v1``: what the screens show and take, for programs; and ``/metrics`` for Prometheus."""
