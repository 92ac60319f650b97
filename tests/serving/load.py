"""Load on a server of `spacy xner serve`, as a command: how fast it is beside `nlp.pipe`, what 1,000 bad requests do to
it, and whether it loses a request when it is told to stop.

    python -m tests.serving.load MODEL TEXTS.jsonl --seconds 60

Prints what was measured as JSON, and ends with status 1 if something is not as it should be.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

# Seconds after which memory has to stay as it is, and most seconds for a server to stop.
WARM, PATIENCE = 10, 120


class Server:
    """`spacy xner serve` in a process of its own, on a free port of this machine.

    model (str): what it serves.
    options (str): further options of the command.
    """

    def __init__(self, model: str, *options: str) -> None:
        command = [sys.executable, "-m", "spacy", "xner", "serve", model, "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.log = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log += line
            found = re.search(r"http://[\d.]+:(\d+)", line)
            if found:
                self.port = int(found[1])
                return
        raise RuntimeError(self.log)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *args: Any) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self, timeout: float = PATIENCE) -> int:
        """Tell it to stop. RETURNS (int): its exit status."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=timeout)
        self.log += out
        return self.process.returncode

    def list_processes(self) -> List[int]:
        """RETURNS (List[int]): the process and those that it has started."""
        found = [self.process.pid]
        for pid in found:
            for path in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in path.read_text().split()]
        return found

    def measure_memory(self) -> float:
        """RETURNS (float): MiB that its processes have in memory."""
        pages = 0
        for pid in self.list_processes():
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def measure_cpu(self) -> float:
        """RETURNS (float): seconds that its processes have computed."""
        return sum(read_cpu(pid) for pid in self.list_processes())


def read_cpu(pid: int) -> float:
    """RETURNS (float): seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_request(texts: Sequence[str], close: bool = False) -> bytes:
    """RETURNS (bytes): a request for the entities of texts."""
    body = json.dumps({"texts": texts}).encode("utf8")
    head = "POST /recognise HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n" + ("Connection: close\r\n" if close else "") + "\r\n"
    return head.encode("ascii") + body


async def read_response(reader: asyncio.StreamReader) -> Tuple[int, bool, bytes]:
    """RETURNS (Tuple[int, bool, bytes]): the status, whether the connection stays open, and the body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").lower()
    length = re.search(r"content-length: (\d+)", head)
    body = await (reader.readexactly(int(length[1])) if length else reader.read())
    return int(head.split()[1]), "connection: close" not in head, body


class Tally:
    """What clients have seen.

    seconds (List[float]): how long each request took.
    statuses (Dict[int, int]): how often each status came.
    lost (List[str]): requests that were sent over a connection and not answered.
    n_texts (int): the texts that were recognised.
    """

    def __init__(self) -> None:
        self.seconds: List[float] = []
        self.statuses: Dict[int, int] = {}
        self.lost: List[str] = []
        self.n_texts = 0

    def count(self, status: int, n_texts: int, seconds: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.append(seconds)
        self.n_texts += n_texts if status == 200 else 0


async def ask_on(
    port: int, requests: Sequence[Tuple[bytes, int]], tally: Tally, until: float, keep: bool = True
) -> None:
    """A client that asks again as soon as it has its answer, until a time or until nobody listens any more.

    requests (Sequence[Tuple[bytes, int]]): what it asks, again and again, with the number of texts.
    until (float): a time of `time.monotonic`.
    keep (bool): whether one connection is for many requests.
    """
    k = 0
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        is_open = True
        try:
            while is_open and time.monotonic() < until:
                request, n_texts = requests[k % len(requests)]
                k += 1
                start = time.perf_counter()
                writer.write(request)
                status, is_open, _ = await read_response(reader)
                tally.count(status, n_texts, time.perf_counter() - start)
                is_open = is_open and keep
        except (OSError, asyncio.IncompleteReadError) as error:
            tally.lost.append(f"{type(error).__name__} after {k} requests")
        finally:
            writer.close()


def spread(
    texts: Sequence[str], n_clients: int, n_texts: int, keep: bool = True
) -> List[List[Tuple[bytes, int]]]:
    """RETURNS (List[List[Tuple[bytes, int]]]): the requests of each client, which together have all texts once."""
    parts = [texts[i : i + n_texts] for i in range(0, len(texts), n_texts)]
    made = [(make_request(part, close=not keep), len(part)) for part in parts]
    return [made[i::n_clients] or made for i in range(n_clients)]


async def run_load(
    server: Server, texts: Sequence[str], *, n_clients: int, n_texts: int, seconds: float
) -> Dict[str, Any]:
    """Let clients ask all the time.

    RETURNS (Dict[str, Any]): what they saw, and what the server's memory did meanwhile.
    """
    tally, memory = Tally(), []
    start, cpu = time.monotonic(), server.measure_cpu()
    clients = [
        asyncio.create_task(ask_on(server.port, own, tally, start + seconds))
        for own in spread(texts, n_clients, n_texts)
    ]
    while time.monotonic() < start + seconds - 0.5:
        await asyncio.sleep(1)
        memory.append(server.measure_memory())
    await asyncio.gather(*clients)
    elapsed = time.monotonic() - start
    cpu = server.measure_cpu() - cpu
    warm = memory[min(WARM, len(memory) // 2) - 1 :]
    return {
        "clients": n_clients,
        "texts_per_request": n_texts,
        "requests": len(tally.seconds),
        "texts_per_second": round(tally.n_texts / elapsed, 1),
        "texts_per_cpu_second": round(tally.n_texts / cpu, 1),
        "statuses": tally.statuses,
        "lost": tally.lost,
        **tell_seconds(tally.seconds),
        "memory_mib": [round(warm[0], 1), round(max(warm), 1)],
        "memory_growth": round(max(warm) / warm[0] - 1, 4),
    }


def tell_seconds(seconds: Sequence[float]) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): percentiles of times."""
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else [0.0] * 99
    return {f"p{k}_seconds": round(cuts[k - 1], 3) for k in (50, 95, 99)}


async def stop_under_load(
    server: Server, texts: Sequence[str], *, n_clients: int, n_texts: int, seconds: float
) -> Dict[str, Any]:
    """Tell a server to stop while clients ask, of which every other makes a connection for each request.

    RETURNS (Dict[str, Any]): what the clients saw, and the server's exit status.
    """
    tally = Tally()
    until = time.monotonic() + seconds + 60
    clients = [
        asyncio.create_task(ask_on(server.port, own, tally, until, keep=i % 2 == 0))
        for i, own in enumerate(spread(texts, n_clients, n_texts))
    ]
    await asyncio.sleep(seconds)
    before = len(tally.seconds)
    status = await asyncio.to_thread(server.stop)
    await asyncio.wait_for(asyncio.gather(*clients), 30)
    return {
        "exit_status": status,
        "requests": len(tally.seconds),
        "answered_after_the_signal": len(tally.seconds) - before,
        "statuses": tally.statuses,
        "lost": tally.lost,
    }


def list_bad_requests(n: int) -> Iterator[Tuple[str, bytes, float, Optional[int]]]:
    """List bad requests.

    n (int): how many.
    YIELDS (Tuple[str, bytes, float, Optional[int]]): what is wrong, the bytes, the seconds between any two of them (0
        for all at once), and the status that is expected; None if the connection is closed instead, or by us.
    """
    head = b"POST /recognise HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    def post(body: bytes) -> bytes:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    endless = head + b"Transfer-Encoding: chunked\r\n\r\n" + 3 * (b"80000\r\n" + 0x80000 * b" " + b"\r\n")
    kinds: List[Tuple[str, bytes, float, Optional[int]]] = [
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0, 400),
        ("headers without end", b"GET / HTTP/1.1\r\n" + 3000 * b"X-Y: zzzz\r\n", 0, 400),
        ("two lengths", head + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}", 0, 400),
        ("no JSON", post(b"Angela Merkel"), 0, 400),
        ("JSON cut short", post(b'{"texts": ["Angela'), 0, 400),
        ("no UTF-8", post(b'{"texts": ["\xff\xfe"]}'), 0, 400),
        ("half of a character", post(rb'{"texts": ["\ud83d"]}'), 0, 400),
        ("lists in lists", post(100_000 * b"["), 0, 400),
        ("another kind", post(b'{"texts": {"a": 1}}'), 0, 422),
        ("no texts", post(b'{"texts": []}'), 0, 422),
        ("no threshold", post(b'{"texts": ["a"], "threshold": "NaN"}'), 0, 422),
        ("no such pipeline", post(b'{"texts": ["a"], "model": "../../etc/passwd"}'), 0, 404),
        ("many texts", post(json.dumps({"texts": 5000 * ["a"]}).encode()), 0, 413),
        ("a long text", post(json.dumps({"texts": [300_000 * "a "]}).encode()), 0, 413),
        ("a length of 10 GB", head + b"Content-Length: 10000000000\r\n\r\n" + 10_000 * b" ", 0, 413),
        ("a body without end", endless, 0, 413),
        (
            "no content type",
            b"POST /recognise HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
            0,
            415,
        ),
        ("another host", b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 0, 400),
        ("no such path", b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 0, 404),
        ("no such method", b"DELETE /recognise HTTP/1.1\r\nHost: localhost\r\n\r\n", 0, 405),
        ("slow headers", head, 0.2, None),
        ("a slow body", post(b'{"texts": ["' + 100 * b"a" + b'"]}'), 0.2, None),
        ("a large body of which nothing comes", head + b"Content-Length: 150000\r\n\r\n", 0, None),
        ("nothing", b"", 0, None),
        ("gone within the body", head + b"Content-Length: 100\r\n\r\n{", 0, None),
        ("many requests at once", 20 * make_request(["Angela Merkel"]), 0, 200),
    ]
    for k in range(n):
        yield kinds[k % len(kinds)]


async def send_bad(port: int, data: bytes, pause: float, gone: bool, patience: float) -> Optional[int]:
    """Send a bad request. RETURNS (Optional[int]): the status of the answer, None for none."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None
    try:
        if gone:
            writer.write(data)
            await writer.drain()
            return None
        sending = asyncio.create_task(_send_slowly(writer, data, pause))
        try:
            status, _, _ = await asyncio.wait_for(read_response(reader), patience)
        finally:
            sending.cancel()
        return status
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
        return None
    finally:
        writer.close()


async def _send_slowly(writer: asyncio.StreamWriter, data: bytes, pause: float) -> None:
    for part in [data[i : i + 1] for i in range(len(data))] if pause else [data]:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)


async def send_many_bad(server: Server, n: int, *, at_once: int, patience: float) -> Dict[str, Any]:
    """Send bad requests, many at once, while a client that asks as it should is answered.

    n (int): how many.
    at_once (int): how many connections are open at a time.
    patience (float): seconds to wait for an answer; more than the server's timeout.
    RETURNS (Dict[str, Any]): how the server answered the bad ones, and the good ones.
    """
    tally, wrong = Tally(), {}
    found: Dict[str, Dict[str, int]] = {}
    room = asyncio.Semaphore(at_once)
    good = asyncio.create_task(
        ask_on(server.port, [(make_request(["Angela Merkel besuchte Madrid."]), 1)], tally, float("inf"))
    )

    async def send(kind: str, data: bytes, pause: float, expected: Optional[int]) -> None:
        async with room:
            status = await send_bad(server.port, data, pause, kind.startswith("gone"), patience)
        counts = found.setdefault(kind, {})
        counts[str(status)] = counts.get(str(status), 0) + 1
        # Whoever is slow may hear why, and whoever finds no place may be told so.
        if status != expected and not (expected is None and status == 408) and status != 503:
            wrong[kind] = f"{status} in place of {expected}"

    before = server.measure_memory()
    await asyncio.gather(*(send(*bad) for bad in list_bad_requests(n)))
    good.cancel()
    await asyncio.gather(good, return_exceptions=True)
    last = Tally()
    request = [(make_request(["Angela Merkel besuchte Madrid."]), 1)]
    await ask_on(server.port, request, last, time.monotonic() + 1)
    return {
        "sent": n,
        "found": found,
        "unexpected": wrong,
        "good_meanwhile": {"statuses": tally.statuses, "lost": tally.lost, **tell_seconds(tally.seconds)},
        "good_afterwards": last.statuses,
        "memory_mib": [round(before, 1), round(server.measure_memory(), 1)],
    }


def run_pipe(model: str, texts: Sequence[str], seconds: float) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): texts per second of `nlp.pipe`, and per second of computing, after a first round."""
    import spacy

    nlp = spacy.load(model)
    for _ in nlp.pipe(texts[:200]):
        pass
    n, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() < start + seconds:
        with nlp.memory_zone():
            for _ in nlp.pipe(texts):
                n += 1
    elapsed, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"texts_per_second": round(n / elapsed, 1), "texts_per_cpu_second": round(n / cpu, 1)}


def measure_pipe(model: str, texts: Sequence[str], seconds: float) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): what `run_pipe` measures, in a process that does nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run_pipe, (model, texts, seconds))


def read_texts(paths: Sequence[Path], most: int) -> List[str]:
    """RETURNS (List[str]): the texts of `.jsonl` files."""
    rows = (json.loads(line) for path in paths for line in path.read_text(encoding="utf8").splitlines())
    return [row["text"] for row in rows][:most]


def check(found: Dict[str, Any]) -> List[str]:
    """RETURNS (List[str]): what is not as it should be."""
    wrong = []
    for load in found["load"]:
        if load["lost"] or set(load["statuses"]) != {200}:
            wrong.append("errors under load")
        if load["memory_growth"] >= 0.03:
            wrong.append("memory grows under load")
        if load["share_of_pipe"] < 0.8:
            wrong.append(f"slower than 0.8 of nlp.pipe with {load['texts_per_request']} texts a request")
    bad, stop = found["bad_requests"], found["stop"]
    good, later = bad["good_meanwhile"]["statuses"], set(bad["good_afterwards"])
    if bad["unexpected"] or bad["good_meanwhile"]["lost"] or set(good) != {200} or later != {200}:
        wrong.append("bad requests disturb it")
    if stop["lost"] or stop["exit_status"] or not set(stop["statuses"]) <= {200}:
        wrong.append("it loses requests when it stops")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a package, or a folder")
    parser.add_argument("texts", nargs="+", type=Path, help=".jsonl")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each load")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--texts-per-request", type=int, nargs="+", default=[8, 1])
    parser.add_argument("--most", type=int, default=2000, help="texts")
    parser.add_argument("--bad", type=int, default=1000, help="bad requests")
    parser.add_argument("--serve", default="", help="further options of `spacy xner serve`")
    parser.add_argument("-o", "--output", type=Path)
    args = parser.parse_args()
    texts, options = read_texts(args.texts, args.most), args.serve.split()
    found: Dict[str, Any] = {"model": args.model, "texts": len(texts), "cores": os.cpu_count()}
    found["pipe"] = measure_pipe(args.model, texts, args.seconds)
    print(found["pipe"], file=sys.stderr)
    found["load"] = []
    for n_texts in args.texts_per_request:
        settings = {"n_clients": args.clients, "n_texts": n_texts, "seconds": args.seconds}
        with Server(args.model, *options) as server:
            load = asyncio.run(run_load(server, texts, **settings))
            speed = found["pipe"]["texts_per_second"]
            load["share_of_pipe"] = round(load["texts_per_second"] / speed, 3)
            found["load"].append(load)
            print(load, file=sys.stderr)
            server.stop()
    with Server(args.model, *options, "--timeout", "5") as server:
        found["bad_requests"] = asyncio.run(send_many_bad(server, args.bad, at_once=300, patience=20))
        server.stop()
    with Server(args.model, *options) as server:
        settings = {"n_clients": args.clients, "n_texts": args.texts_per_request[0], "seconds": 5}
        found["stop"] = asyncio.run(stop_under_load(server, texts, **settings))
    found["wrong"] = check(found)
    printed = json.dumps(found, indent=2)
    print(printed)
    if args.output:
        args.output.write_text(printed + "\n", encoding="utf8")
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
