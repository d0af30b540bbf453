"""One run of some tests in a process of its own: with one mutant in place of a module, or under coverage."""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings

from tests.mutate.changes import changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

_EXAMPLES = 15  # of hypothesis, for each test
_MEMORY = 6 << 30  # bytes of address space: a list that grows without end is an error, not the end of the machine
_START = 120  # seconds of CPU for the imports of a run
_TIMES = 8  # A test may take so many times its usual CPU time,
_PATIENCE = 10  # and so many seconds more.


class Changed(MetaPathFinder):
    """Finds one module with a change made; its source and its cached bytecode stay as they are."""

    def __init__(self, name: str, index: int) -> None:
        self._name, self._index = name, index

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own place, with a loader that compiles the changed tree."""
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._index)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, index: int) -> None:
        super().__init__(fullname, path)
        self._index = index

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  its name
        return compile(changed(Path(self.path).read_text(), self._index), self.path, "exec", dont_inherit=True)


class Run:
    """A plugin that runs the wanted tests of the files in the wanted order, and writes what became of them.

    Attributes:
        seconds: CPU time of each test that passed, by its id.
        failed: The ids of those that did not.
    """

    def __init__(self, wanted: dict[str, float] | None, now: Path, patience: float, coverage: Any = None) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self._wanted, self._now, self._patience, self._coverage = wanted, now, patience, coverage
        self._skipped: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose and order, without tests of time: on a busy machine these notice what is not there."""
        items[:] = [item for item in items if not _is_timed(getattr(item, "function", None))]
        if self._wanted is not None:
            places = {name: number for number, name in enumerate(self._wanted)}
            items[:] = sorted((item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid])
        for item in items:
            _few_examples(getattr(item, "obj", None))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test, and bound it."""
        before = _cpu()
        if self._wanted is not None:
            self._now.write_text(item.nodeid)
            _bound(self._wanted[item.nodeid] * _TIMES + self._patience)
        if self._coverage is not None:
            self._coverage.switch_context(item.nodeid)
        result = yield
        if item.nodeid not in self.failed and item.nodeid not in self._skipped:
            self.seconds[item.nodeid] = _cpu() - before
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what failed."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.skipped:
            self._skipped.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported has failed."""
        if report.failed:
            self.failed.append(report.nodeid)


def _cpu() -> float:
    return sum(os.times()[:4])


def _bound(seconds: float) -> None:
    """End the process when it takes that much more CPU time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, most))


def _is_timed(test: Any) -> bool:
    return "process_time" in getattr(getattr(test, "__code__", None), "co_names", ())


def _few_examples(test: Any) -> None:
    """Let hypothesis try few examples, always the same, and give up at the first failure.

    What a test asks for by a decorator beats each profile, so the settings of the test itself are replaced.
    """
    if getattr(test, "is_hypothesis_test", False):
        own = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(
            own, max_examples=min(own.max_examples, _EXAMPLES), derandomize=True, database=None,
            phases=[Phase.explicit, Phase.generate],
        )  # fmt: skip


def run_tests(job: dict[str, Any]) -> dict[str, Any]:
    """Run tests as a job says.

    Args:
        job: `files` with the tests, below the checkout or `root`; `now`, a file for the id of the running test.
            `module` and `index` of a mutant, with `tests`, its tests in order with their usual CPU time, and
            `patience`, seconds that each may take more. `cover`, folders to watch.

    Returns:
        `status` of pytest, `failed`, `seconds` by test; with `cover`, `touched`: lines by file by test.
    """
    coverage = None
    if "cover" in job:
        os.environ["COVERAGE_CORE"] = "ctrace"  # the other cores know no contexts
        from coverage import Coverage

        coverage = Coverage(data_file=None, config_file=False, source=job["cover"])
        coverage.start()
    if "module" in job:
        sys.meta_path.insert(0, Changed(job["module"], job["index"]))
    run = Run(job.get("tests"), Path(job["now"]), job.get("patience", _PATIENCE), coverage)
    with tempfile.TemporaryDirectory() as folder:
        without = [f"-pno:{name}" for name in ("cacheprovider", "textual-snapshot", "syrupy")]  # slow to import
        options = ["-q", "-n0", *without, f"--basetemp={folder}/base", "--tb=no"]
        options += [f"--rootdir={job['root']}"] if "root" in job else []
        status = pytest.main([*options, *(["-x"] if "module" in job else []), *job["files"]], plugins=[run])
    result: dict[str, Any] = {"status": int(status), "failed": run.failed, "seconds": run.seconds}
    if coverage is not None:
        coverage.stop()
        data = coverage.get_data()
        result["touched"] = {
            path: _by_test(data.contexts_by_lineno(path), run.seconds) for path in data.measured_files()
        }
    return result


def _by_test(contexts: dict[int, list[str]], tests: dict[str, float]) -> dict[str, list[int]]:
    lines: dict[str, list[int]] = {}
    for line, names in contexts.items():
        for name in names:
            if name in tests:
                lines.setdefault(name, []).append(line)
    return lines


def main() -> None:
    """Do the job that stands in a file, and write the result beside it."""
    path = Path(sys.argv[1])
    job = json.loads(path.read_text())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if "module" in job:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        _bound(_START)
    result = run_tests(job)
    path.with_suffix(".result").write_text(json.dumps(result))
    os._exit(0)  # threads of a mutant may never end


if __name__ == "__main__":
    main()
