"""An answer on its way out: compressed, with the headers that every answer carries, and kept when it can be given again."""

from collections.abc import Callable
from typing import Any, Final

import anyio.to_thread
from litestar.types import HTTPResponseStartEvent, Message, Send

from api.front.answer_cache import KeptAnswer
from api.front.compression import Compressor, compressed, compressor
from api.front.headers import SECURITY, Headers
from api.front.negotiation import Encoding
from api.front.telemetry import Exchange

_COMPRESSIBLE: Final = (b"text/", b"application/json", b"application/problem+json", b"application/vnd.apache.arrow")
_NEVER: Final = b"text/event-stream"
_WORTH_BYTES: Final = 500
_OFF_LOOP_BYTES: Final = 64 * 1024
"""Bodies larger than this are compressed beside the event loop."""

_WITHOUT_BODY: Final = (204, 304)


class Outgoing:
    """Takes the messages of one answer and sends what the caller gets.

    `extra` are headers of this request (its id, its allowance); `keep`, once it is set, is called with a whole answer that names
    its snapshot.
    """

    def __init__(self, send: Send, exchange: Exchange, *, encoding: Encoding, extra: Headers) -> None:
        self._send, self._exchange, self._extra, self.encoding = send, exchange, extra, encoding
        self.keep: Callable[[str, KeptAnswer], None] | None = None
        self._start: HTTPResponseStartEvent | None = None
        self._compressor: Compressor | None = None
        self._head_only = exchange.method == "HEAD"

    async def __call__(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            self._exchange.status = message["status"]
            self._start = message
        elif message["type"] == "http.response.body":
            await self._body(message.get("body", b""), more=message.get("more_body", False))
        else:
            await self._send(message)

    async def kept(self, answer: KeptAnswer, *, unchanged: bool) -> None:
        """Give an answer again, or say that the caller has it."""
        self._exchange.kept, self._exchange.route, self._exchange.status = True, answer.route, 304 if unchanged else 200
        headers = [entry for entry in answer.headers if not unchanged or entry[0] not in _OF_A_BODY]
        await self._whole(headers, b"" if unchanged else answer.body)

    async def _body(self, piece: bytes, *, more: bool) -> None:
        if self._start is None:
            await self._piece(piece, more=more)
            return
        start, self._start = self._start, None
        headers = list(start["headers"])
        if more:
            await self._begin_stream(start["status"], headers)
            await self._piece(piece, more=True)
            return
        await self._finish_whole(start["status"], headers, piece)

    async def _finish_whole(self, status: int, headers: Headers, body: bytes) -> None:
        named = dict(headers)
        if self.encoding != "identity" and len(body) >= _WORTH_BYTES and _compressible(named):
            if len(body) > _OFF_LOOP_BYTES:
                body = await anyio.to_thread.run_sync(compressed, body, self.encoding)
            else:
                body = compressed(body, self.encoding)
            headers.append((b"content-encoding", self.encoding.encode()))
        headers = [entry for entry in headers if entry[0] != b"content-length"]
        if status not in _WITHOUT_BODY:
            headers.append((b"content-length", str(len(body)).encode()))
        if self.keep is not None and status == 200 and b"etag" in named and b"snapshot-id" in named:
            answer = KeptAnswer(tuple(headers), body, named[b"etag"].decode("latin-1"), self._exchange.route)
            self.keep(named[b"snapshot-id"].decode("latin-1"), answer)
        await self._whole(headers, body)

    async def _whole(self, headers: Headers, body: bytes) -> None:
        await self._send(self._with_headers(self._exchange.status, headers))
        shown = b"" if self._head_only else body
        self._exchange.sent += len(shown)
        await self._send({"type": "http.response.body", "body": shown, "more_body": False})

    async def _begin_stream(self, status: int, headers: Headers) -> None:
        if self.encoding != "identity" and _compressible(dict(headers)):
            self._compressor = compressor(self.encoding)
            headers.append((b"content-encoding", self.encoding.encode()))
        await self._send(self._with_headers(status, [entry for entry in headers if entry[0] != b"content-length"]))

    async def _piece(self, piece: bytes, *, more: bool) -> None:
        if self._compressor is not None:
            piece = await anyio.to_thread.run_sync(self._compressor.add, piece)
            piece += b"" if more else self._compressor.finish()
        if piece or not more:
            shown = b"" if self._head_only else piece
            self._exchange.sent += len(shown)
            await self._send({"type": "http.response.body", "body": shown, "more_body": more})

    def _with_headers(self, status: int, headers: Headers) -> Any:
        present = {name for name, _ in headers}
        secure = [(name, value) for name, value in SECURITY.items() if name not in present]
        return {"type": "http.response.start", "status": status, "headers": [*headers, *secure, *self._extra]}


_OF_A_BODY: Final = (b"content-length", b"content-type", b"content-encoding", b"content-disposition")


def _compressible(headers: dict[bytes, bytes]) -> bool:
    kind = headers.get(b"content-type", b"")
    return kind.startswith(_COMPRESSIBLE) and not kind.startswith(_NEVER) and b"content-encoding" not in headers
