"""A phone's network between a browser and a server: every byte takes its turn on the link, and half a round trip more.

Packet by packet, as a phone gets a page. The throttling of Chromium's DevTools, used here before, holds back what was read at
once until its last byte would have come, so that a page is never seen while it comes in.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

PACKET = 1_460  # bytes: of TCP over IPv4 in Ethernet frames
UDP_HEAD = 28  # bytes of the IPv4 and UDP heads of a datagram
Sender = tuple[str, int]


class Profile(NamedTuple):
    """A phone network: what it brings in a second, and how long an answer takes at least."""

    name: str
    down_kbit_s: float
    up_kbit_s: float
    round_trip_ms: float


class Direction:
    """One way of a link, which all connections share."""

    def __init__(self, kbit_s: float, delay_s: float) -> None:
        self.bytes_s, self.delay_s, self.free_at = kbit_s * 1000 / 8, delay_s, 0.0

    def arrives_at(self, size: int, now: float) -> float:
        """When a packet of so many bytes, sent now, has come through. Seconds of the clock that now is of."""
        self.free_at = max(self.free_at, now) + size / self.bytes_s
        return self.free_at + self.delay_s


class SlowLink:
    """Listens on port and passes everything to target_port of this machine as slowly as the profile says. A context manager.

    A connection itself stands at once: what it would cost is for who measures to add.
    """

    def __init__(self, target_port: int, profile: Profile) -> None:
        self.target_port, self.port = target_port, 0
        self._up = Direction(profile.up_kbit_s, profile.round_trip_ms / 2000)
        self._down = Direction(profile.down_kbit_s, profile.round_trip_ms / 2000)
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)

    def __enter__(self) -> SlowLink:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # the measurement is over while a browser holds its connection
            there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
            await asyncio.gather(self._pass(reader, back, self._up), self._pass(there, writer, self._down))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: Direction) -> None:
        packets: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sender = asyncio.create_task(self._deliver(packets, target))
        with suppress(OSError):
            while packet := await source.read(PACKET):
                await packets.put((way.arrives_at(len(packet), monotonic()), packet))
        await packets.put((0.0, b""))
        await sender

    async def _deliver(self, packets: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while (row := await packets.get())[1]:
                await asyncio.sleep(max(row[0] - monotonic(), 0.0))
                target.write(row[1])
                await target.drain()
        target.close()


class SlowDatagrams(SlowLink):
    """The same for UDP, which HTTP/3 goes by: here the handshake takes its round trips, too."""

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        front, _ = await self._loop.create_datagram_endpoint(lambda: _Front(self), local_addr=("127.0.0.1", 0))
        self._front = front
        self.port = int(front.get_extra_info("sockname")[1])
        self._ready.set()
        await self._over.wait()
        front.close()

    async def pass_up(self, packets: asyncio.Queue[tuple[float, bytes]], sender: Sender) -> None:
        """Brings what one sender sends to the server, and what that answers back."""
        assert self._loop is not None
        back, _ = await self._loop.create_datagram_endpoint(
            lambda: _Back(self, sender), remote_addr=("127.0.0.1", self.target_port)
        )
        while True:
            at, packet = await packets.get()
            await asyncio.sleep(max(at - self._loop.time(), 0.0))
            back.sendto(packet)

    def goes_up_at(self, packet: bytes) -> float:
        assert self._loop is not None
        return self._up.arrives_at(len(packet) + UDP_HEAD, self._loop.time())

    def pass_down(self, packet: bytes, sender: Sender) -> None:
        assert self._loop is not None
        at = self._down.arrives_at(len(packet) + UDP_HEAD, self._loop.time())
        self._loop.call_at(at, self._front.sendto, packet, sender)


class _Front(asyncio.DatagramProtocol):
    """Where browsers send to."""

    def __init__(self, link: SlowDatagrams) -> None:
        self._link = link
        self._queues: dict[Sender, asyncio.Queue[tuple[float, bytes]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def datagram_received(self, data: bytes, addr: Sender) -> None:
        if addr not in self._queues:
            self._queues[addr] = asyncio.Queue()
            self._tasks.append(asyncio.get_running_loop().create_task(self._link.pass_up(self._queues[addr], addr)))
        self._queues[addr].put_nowait((self._link.goes_up_at(data), data))


class _Back(asyncio.DatagramProtocol):
    """Where the server answers one of them."""

    def __init__(self, link: SlowDatagrams, sender: Sender) -> None:
        self._link, self._sender = link, sender

    def datagram_received(self, data: bytes, addr: Sender) -> None:
        self._link.pass_down(data, self._sender)
