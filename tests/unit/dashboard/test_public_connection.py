"""Limits of one connection and of their number, over real sockets."""

import asyncio
import resource

import pytest
import uvicorn
from uvicorn.server import ServerState

from dashboard.public import connection
from dashboard.public.connection import LARGEST_BYTES, limited_to
from dashboard.public.open_files import RESERVE, raise_limit

GET = b"GET /en/ HTTP/1.1\r\nhost: town.example\r\n\r\n"


LARGE = b"GET /large HTTP/1.1\r\nhost: town.example\r\n\r\n"
LARGE_BYTES = 32 * 1024 * 1024  # more than the system holds for a connection


async def _hello(scope, _receive, send):
    body = bytes(LARGE_BYTES) if scope["path"] == "/large" else b"hello"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def talk(monkeypatch, run_async):
    """Runs a conversation with a server that holds three connections and waits a fifth of a second."""
    monkeypatch.setattr(connection, "PATIENCE_S", 0.2)
    monkeypatch.setattr(connection, "LINGER_S", 0.2)

    def talked(conversation):
        async def run():
            config = uvicorn.Config(_hello, http=limited_to(3), lifespan="off", log_config=None, ws="none")
            config.load()
            state = ServerState()
            loop = asyncio.get_running_loop()
            server = await loop.create_server(
                lambda: config.http_protocol_class(config=config, server_state=state, app_state={}), "127.0.0.1", 0
            )
            port = server.sockets[0].getsockname()[1]
            opened = []

            async def open_connection():
                opened.append(await asyncio.open_connection("127.0.0.1", port))
                return opened[-1]

            try:
                return await asyncio.wait_for(conversation(open_connection), 30.0)
            finally:
                for _, writer in opened:
                    writer.close()
                server.close()

        return run_async(run())

    return talked


async def answered(reader) -> bytes:
    return await reader.readuntil(b"hello")


def test_connection_is_kept_for_one_request_after_the_other_even_in_one_piece(talk):
    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(GET + GET)
        both = [await answered(reader), await answered(reader)]
        await asyncio.sleep(0.5)  # longer than a request may take: nothing is asked, so nothing is late
        writer.write(GET)
        return [*both, await answered(reader)]

    assert all(answer.startswith(b"HTTP/1.1 200") for answer in talk(conversation))


def test_next_request_that_comes_before_the_answer_does_not_count_as_late(talk):
    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(GET + GET[:20])
        first = await answered(reader)
        writer.write(GET[20:])
        second = await answered(reader)
        await asyncio.sleep(0.5)
        writer.write(GET)
        return [first, second, await answered(reader)]

    assert all(answer.startswith(b"HTTP/1.1 200") for answer in talk(conversation))


@pytest.mark.parametrize("sent", [b"", GET[:-2]], ids=["nothing", "half a head"])
def test_request_that_does_not_come_to_its_end_is_told_that_it_took_too_long(talk, sent):
    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(sent)
        return await reader.read()

    assert talk(conversation).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_head_that_drips_in_byte_by_byte_is_late_as_well(talk):
    async def conversation(open_connection):
        reader, writer = await open_connection()

        async def drip():
            for byte in GET[:-1]:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.03)

        dripping = asyncio.create_task(drip())
        answer = await reader.read()
        dripping.cancel()
        return answer

    assert talk(conversation).startswith(b"HTTP/1.1 408 ")


def test_second_request_is_late_by_its_own_clock(talk):
    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(GET)
        await answered(reader)
        await asyncio.sleep(0.5)
        writer.write(GET[:10])
        return await reader.read()

    assert talk(conversation).startswith(b"HTTP/1.1 408 ")


def test_head_without_end_is_refused_as_too_large(talk):
    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(GET[:-2] + b"cookie: " + b"x" * (3 * LARGEST_BYTES))
        return await reader.read()

    assert talk(conversation).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_body_is_not_read_and_its_connection_not_kept(talk):
    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100)
        return await reader.read()

    answer = talk(conversation)  # whole, because the other side has closed
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"hello")


def test_connection_beyond_the_last_that_fits_is_told_when_to_come_back_and_those_within_stay(talk):
    async def conversation(open_connection):
        within = [await open_connection() for _ in range(3)]
        for _, writer in within:
            writer.write(GET)
        await asyncio.gather(*(answered(reader) for reader, _ in within))
        reader, _ = await open_connection()
        refused = await reader.read()
        for _, writer in within:
            writer.write(GET)
        kept = await asyncio.gather(*(answered(reader) for reader, _ in within))
        within[0][1].close()
        await within[0][1].wait_closed()
        await asyncio.sleep(0.1)
        reader, writer = await open_connection()
        writer.write(GET)
        return refused, kept, await answered(reader)

    refused, kept, after = talk(conversation)
    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 20\r\n" in refused
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in kept)
    assert after.startswith(b"HTTP/1.1 200")


def test_answer_that_nobody_reads_is_given_up_and_its_place_free(talk):
    async def conversation(open_connection):
        for _ in range(3):
            _, writer = await open_connection()
            writer.write(LARGE)
        await asyncio.sleep(2.0)
        reader, writer = await open_connection()
        writer.write(GET)
        return await reader.read(12)

    assert talk(conversation) == b"HTTP/1.1 200"


def test_answer_that_is_read_slowly_arrives_as_a_whole(talk, monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE_S", 1.0)

    async def conversation(open_connection):
        reader, writer = await open_connection()
        writer.write(LARGE)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(16):
            await reader.readexactly(LARGE_BYTES // 16)
            await asyncio.sleep(0.15)
        return True

    assert talk(conversation)


def test_limit_of_open_files_is_raised_and_never_lowered():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[0]), before[1]))
        assert raise_limit(1024) == min(1024, before[1]) - RESERVE
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(1024, before[1])
        assert raise_limit(256) == 256 - RESERVE
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(1024, before[1])
        assert raise_limit(RESERVE) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
