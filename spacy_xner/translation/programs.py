"""Programs that start others, which must not outlive them."""

import os
import signal
import subprocess
from typing import Sequence, Tuple


def run_group(command: Sequence[str], timeout: float, data: bytes = b"") -> Tuple[int, bytes, bytes]:
    """Run a program in a group of processes of its own, which is killed if it is interrupted or takes too long.

    command (Sequence[str]): the program and its arguments.
    timeout (float): seconds.
    data (bytes): its input.
    RETURNS (Tuple[int, bytes, bytes]): exit status, output and messages.
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
