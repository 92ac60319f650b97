"""The device of a measurement, and the memory that it takes."""

import gc
import resource
from typing import Dict

import torch
from thinc.api import set_gpu_allocator
from thinc.backends import context_pools

from spacy_xner.pipeline import use_gpu


def start_measuring(gpu_id: int) -> None:
    """Use a GPU, if one is wanted, and count its memory from here on."""
    use_gpu(gpu_id)
    if gpu_id >= 0:
        set_gpu_allocator("pytorch")  # so that torch counts CuPy's memory, too
        gc.collect()
        context_pools.get()["pytorch"].free_all_blocks()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def measure_memory(gpu_id: int = -1) -> Dict[str, float]:
    """RETURNS (Dict[str, float]): peak memory so far in MiB, of the process and of a GPU since `start_measuring`."""
    found = {"peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}
    if gpu_id >= 0:
        found["peak_gpu_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return found


def wait() -> None:
    """Let a GPU finish what it was given, if there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
