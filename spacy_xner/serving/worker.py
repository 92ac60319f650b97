"""A process that runs the pipelines of a server, seen from both of its ends."""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Dict, List, NamedTuple, Optional, Sequence

from ..errors import Errors, XnerError
from ..pipeline import use_gpu
from .pipelines import Description, Found, Pipelines

# Seconds that a process has to end by itself.
PATIENCE = 5.0
# What stops a server.
STOPPING = (signal.SIGINT, signal.SIGTERM)
# How many kernels oneDNN and PyTorch keep. They make one for each shape of a batch, and texts have thousands of shapes:
# with their own numbers the memory grows by hundreds of MiB, and with these no batch takes longer.
KERNELS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16", "LRU_CACHE_CAPACITY": "16"}


class Duty(NamedTuple):
    """What a process of a server does.

    models (Dict[str, str]): the pipelines by name: packages, or folders.
    threshold (Optional[float]): the lowest score of an entity; None for what each pipeline has.
    gpu_id (int): number of the GPU, -1 for the CPU.
    n_processes (int): how many processes share the processor.
    """

    models: Dict[str, str]
    threshold: Optional[float] = None
    gpu_id: int = -1
    n_processes: int = 1


class WorkerDied(Exception):
    """The process ended, or did not answer in time."""


class ServerWorker:
    """A process with the pipelines, from outside.

    duty (Duty): what it does.
    """

    def __init__(self, duty: Duty) -> None:
        self.duty = duty
        self.is_ready = False
        self._process: Optional[multiprocessing.process.BaseProcess] = None
        self._connection: Optional[Connection] = None
        # Waits for answers, so that nobody else must.
        self._thread = ThreadPoolExecutor(1)

    def start(self) -> Dict[str, Description]:
        """Start the process, and wait until the pipelines are loaded.

        RETURNS (Dict[str, Description]): what it has loaded.
        RAISES: X331 if the process ends before, and what a pipeline that can't be loaded raises.
        """
        # Not a copy of this process: that would have neither torch's threads nor a GPU.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs, self.duty), daemon=True)
        self._process.start()
        theirs.close()
        try:
            found = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.join(PATIENCE)
            status = self._process.exitcode
            self.kill()
            raise XnerError(Errors.X331.format(status=status)) from error
        if isinstance(found, str):
            self.kill()
            raise XnerError(found)
        self.is_ready = True
        return found

    def restart(self) -> None:
        """Start the process again while the server runs, once it was ended.

        RAISES: X331, and what a pipeline that can't be loaded raises.
        """
        # A signal to all processes would end it before it can ignore that, see `work`. It inherits this thread's mask.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        try:
            self.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    async def ask(
        self, name: str, texts: Sequence[str], languages: Sequence[Optional[str]], timeout: float
    ) -> List[Found]:
        """Let the process recognise entities.

        name (str): the pipeline.
        texts (Sequence[str]): the texts.
        languages (Sequence[Optional[str]]): the language of each; None if it is not known.
        timeout (float): seconds after which the process counts as dead.
        RETURNS (List[Found]): the answer to each text.
        RAISES: WorkerDied if the process was not started, ends, or does not answer in time.
        """
        if self._connection is None:
            raise WorkerDied
        try:
            # It waits for this, so sending does not wait for it.
            self._connection.send((name, texts, languages))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._receive, self._connection, timeout)
        except (EOFError, OSError) as error:
            raise WorkerDied from error

    @staticmethod
    def _receive(connection: Connection, timeout: float) -> List[Found]:
        if not connection.poll(timeout):
            raise EOFError
        return connection.recv()

    def kill(self) -> None:
        """End the process at once."""
        self.is_ready = False
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def stop(self) -> None:
        """Let the process end, at once if it does not do so soon."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.join(PATIENCE)
        self.kill()
        self._thread.shutdown()


def work(connection: Connection, duty: Duty) -> None:
    """Load the pipelines, and recognise what is asked for until nobody asks any more: what the process runs.

    connection (Connection): the other end of `ServerWorker`'s.
    duty (Duty): what to do.
    """
    # A signal to all processes of a server is for the one that answers: it needs the others for what it has accepted.
    for name in STOPPING:
        signal.signal(name, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        try:
            pipelines = _load(duty)
        except XnerError as error:
            connection.send(str(error))
            return
        connection.send(pipelines.describe())
        # Messages of components may have the text in them.
        logging.disable()
        warnings.simplefilter("ignore")
        while True:
            connection.send(pipelines.recognise(*connection.recv()))


def _load(duty: Duty) -> Pipelines:
    import torch

    for name, value in KERNELS.items():
        os.environ.setdefault(name, value)
    use_gpu(duty.gpu_id)
    if duty.n_processes > 1:
        torch.set_num_threads(max(1, torch.get_num_threads() // duty.n_processes))
    return Pipelines(duty.models, duty.threshold)
