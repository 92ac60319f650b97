"""Running external programs together with the processes that they start."""

import os
import signal
import subprocess
from typing import Sequence, Tuple


def run_group(command: Sequence[str], timeout: float, data: bytes = b"") -> Tuple[int, bytes, bytes]:
    """Run a program in its own process group, which is killed on interruption or timeout.

    command (Sequence[str]): the program and its arguments.
    timeout (float): the timeout in seconds.
    data (bytes): its input.
    RETURNS (Tuple[int, bytes, bytes]): exit status, standard output and standard error.
    RAISES: subprocess.TimeoutExpired, and OSError if it can't be started.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        try:
            out, err = process.communicate(data, timeout=timeout)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, out, err
