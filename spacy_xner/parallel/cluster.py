"""Processing the parts of a corpus on a Ray cluster, with Ray Data."""

import logging
from typing import Any, Dict, Iterable, Iterator, Optional

from ..errors import Errors, XnerError, explain, tell_install
from .parts import MakeWork, Part, Run, Work

# Starts Ray on this machine alone.
LOCAL = "local"
# How often Ray restarts an actor that died, with its part.
RETRIES = 4


class Actor:
    """Processes parts in a process of Ray.

    Errors for the user are returned in the row: Ray would wrap an exception, and retry the part although it can't
    succeed.

    make_work (Callable): creates the function that processes a part.
    """

    def __init__(self, make_work: MakeWork) -> None:
        self.make_work = make_work
        self.work: Optional[Work] = None

    def __call__(self, row: Dict[str, Any]) -> Dict[str, Any]:
        """Process a part.

        row (Dict[str, Any]): number and data of the part.
        RETURNS (Dict[str, Any]): number and data of the result, and the error, "" if there is none.
        """
        try:
            self.work = self.work or self.make_work()
            return {"number": row["number"], "data": self.work(row["data"]), "error": ""}
        except XnerError as error:
            return {"number": row["number"], "data": b"", "error": str(error)}
        except (RuntimeError, MemoryError) as error:
            told = Errors.X128.format(number=row["number"], reason=explain(error))
            return {"number": row["number"], "data": b"", "error": told}


def run_on_ray(address: str = LOCAL, workers: Optional[int] = None, gpu: bool = False) -> Run:
    """Create a function that processes parts with Ray.

    Each actor loads its own pipeline. Parts are sent to the actors, and results are sent back, so that no shared folder
    is needed. Ray restarts an actor that died, and retries its part, a few times.

    address (str): "local", "auto" for the cluster that this machine belongs to, or its address.
    workers (Optional[int]): number of actors; by default one for each core, or each GPU.
    gpu (bool): whether an actor needs a GPU.
    RETURNS (Callable): processes parts. All of them are read first and given to Ray.
    RAISES: X125 if Ray is not installed, X126 if the cluster can't be reached.
    """
    try:
        import ray
    except ImportError as error:
        raise XnerError(
            Errors.X125.format(what="--ray", package="Ray", command=tell_install("ray"))
        ) from error

    def run(parts: Iterable[Part], make_work: MakeWork) -> Iterator[Part]:
        rows = [{"number": part.number, "data": part.data} for part in parts]
        if not rows:
            return
        _connect(ray, address, workers)
        resource = "GPU" if gpu else "CPU"
        found = int(ray.cluster_resources().get(resource, 0))
        n_actors = min(workers or found, len(rows))
        if not 0 < n_actors <= found:
            reason = f"it has {found} {resource}s for {workers or 'any number of'} workers"
            raise XnerError(Errors.X126.format(address=address, reason=reason))

        ray.data.DataContext.get_current().enable_progress_bars = False
        dataset: Any = ray.data.from_items(rows, override_num_blocks=len(rows))
        del rows
        needed = {"num_gpus": 1} if gpu else {"num_cpus": 1}
        actors = ray.data.ActorPoolStrategy(size=n_actors)
        # Retries are limited, for a part that kills every actor.
        retries = {"max_restarts": RETRIES, "max_task_retries": RETRIES}
        done = dataset.map(Actor, fn_constructor_args=(make_work,), compute=actors, **needed, **retries)
        try:
            for row in done.iter_rows():
                if row["error"]:
                    raise XnerError(row["error"])
                yield Part(int(row["number"]), row["data"])
        except (ray.exceptions.RayError, ray.data.exceptions.SystemException) as error:
            raise XnerError(Errors.X126.format(address=address, reason=explain(error))) from error

    return run


def _connect(ray: Any, address: str, workers: Optional[int]) -> None:
    n_cpus = workers if address == LOCAL else None
    try:
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        ray.init(address, num_cpus=n_cpus, include_dashboard=False, ignore_reinit_error=True, **quiet)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    except Exception as error:  # each kind of address fails in its own way
        reason = explain(error)
        raise XnerError(Errors.X126.format(address=address, reason=reason)) from error
