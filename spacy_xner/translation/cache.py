"""A cache of the results of engines and aligners, so that an interrupted run can be resumed."""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Set, Union

from spacy.util import minibatch

from ..errors import Errors, XnerError

FILE = "translations.sqlite"
# Most keys of a query: older builds of SQLite allow 999 variables.
_BATCH = 500


class Cache:
    """Results by (engine, direction, text), in one SQLite file.

    A batch is stored as a whole, even if the process is killed; several processes may share the file.

    folder (Optional[Union[str, Path]]): the folder of the file, created if it is missing. None keeps results in memory.
    resume (bool): whether to use the results of earlier runs; if not, they are replaced.
    RAISES: X112 (the folder can't be written), X216 (the file is damaged).
    """

    def __init__(self, folder: Optional[Union[str, Path]] = None, *, resume: bool = True) -> None:
        self.fresh: Optional[Set[str]] = None if resume else set()
        self.path = ":memory:" if folder is None else str(Path(folder) / FILE)
        try:
            if folder is not None:
                Path(folder).mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(self.path, timeout=60.0)
            self._create()
        except sqlite3.DatabaseError as error:
            raise self._explain(error) from error
        except OSError as error:
            raise XnerError(Errors.X112.format(path=folder, reason=error.strerror or error)) from error

    def _create(self) -> None:
        with self.connection:
            self.connection.execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT)")

    def get(self, keys: Sequence[str]) -> Dict[str, Any]:
        """Look results up.

        keys (Sequence[str]): keys from `make_key`, possibly repeated.
        RETURNS (Dict[str, Any]): the values of those keys that have one.
        RAISES: X216 if the file can't be read, X217 if another process has locked it for a minute.
        """
        found: Dict[str, Any] = {}
        known = [key for key in dict.fromkeys(keys) if self.fresh is None or key in self.fresh]
        for batch in minibatch(known, _BATCH):
            marks = ",".join("?" * len(batch))
            try:
                query = f"SELECT key, value FROM results WHERE key IN ({marks})"
                rows = self.connection.execute(query, batch).fetchall()
            except sqlite3.DatabaseError as error:
                raise self._explain(error) from error
            found.update((key, json.loads(value)) for key, value in rows)
        return found

    def put(self, values: Dict[str, Any]) -> None:
        """Store values in one transaction.

        values (Dict[str, Any]): JSON values by key.
        RAISES: X216 if the file can't be written, X217 if another process has locked it for a minute.
        """
        rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in values.items()]
        try:
            with self.connection:
                self.connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?)", rows)
            if self.fresh is not None:
                self.fresh.update(values)
        except sqlite3.DatabaseError as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.DatabaseError) -> XnerError:
        if "locked" in str(error):
            return XnerError(Errors.X217.format(path=self.path))
        return XnerError(Errors.X216.format(path=self.path, reason=error))

    def close(self) -> None:
        """Close the file. Results in memory are lost."""
        self.connection.close()


def make_key(*parts: object) -> str:
    """RETURNS (str): a digest of the parts, different for different parts."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf8")).hexdigest()
