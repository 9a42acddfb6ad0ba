"""What leaves the régie: small where it can be, kept for ever where its address names its version."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.regie.compressed import Compressed

TEXT = "the evening peak of a town in winter " * 400


def answers(request):
    kind = request.path_params["kind"]
    if kind == "picture":
        return Response(TEXT.encode(), media_type="image/png")
    if kind == "stream":
        return StreamingResponse(iter([TEXT.encode()[:5000], TEXT.encode()[5000:]]), media_type="text/csv")
    return PlainTextResponse(TEXT if kind == "long" else "short")


@pytest.fixture(scope="module")
def client():
    app = Starlette(routes=[Route("/regie/assets/{kind}", answers), Route("/{kind}", answers)])
    return TestClient(Compressed(app))


@pytest.mark.parametrize("kind", ["long", "stream"])
def test_a_long_text_leaves_compressed_and_arrives_whole(client, kind):
    answer = client.get(f"/{kind}", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(TEXT) / 10
    assert answer.text == TEXT


def test_whoever_takes_no_compression_gets_none(client):
    answer = client.get("/long", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.text == TEXT


@pytest.mark.parametrize("kind", ["short", "picture"])
def test_what_would_not_become_smaller_is_left_alone(client, kind):
    assert "content-encoding" not in client.get(f"/{kind}", headers={"accept-encoding": "gzip"}).headers


def test_an_asset_whose_address_names_its_version_is_kept_for_ever(client):
    assert "immutable" in client.get("/regie/assets/long?m=17957.40").headers["cache-control"]


def test_an_asset_without_a_version_is_asked_for_again(client):
    assert client.get("/regie/assets/long").headers["cache-control"] == "no-cache"


def test_the_kept_form_is_the_same_bytes_every_time(client):
    first, second = (client.get("/regie/assets/long?m=1", headers={"accept-encoding": "gzip"}) for _ in range(2))
    assert (
        first.headers["content-length"]
        == second.headers["content-length"]
        == str(len(gzip.compress(TEXT.encode(), 6, mtime=0)))
    )
