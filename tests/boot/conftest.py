# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures: machines, hosts and wires that are gone when the test is."""
import shutil
import tempfile

import pytest

import lab


@pytest.fixture
def directory():
    """Short, since unix socket paths are at most 107 bytes."""
    path = tempfile.mkdtemp(prefix="fl-")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def stack():
    """Things to close in reverse order."""
    things = []
    yield things
    for thing in reversed(things):
        thing.close()


@pytest.fixture
def boot(directory, stack, request):
    """boot(**how) -> a Machine that has not said it is ready yet."""
    def start(**how):
        how.setdefault("log_name", f"machine{len(stack)}")
        machine = lab.Machine(directory, **how)
        stack.append(machine)
        request.node.machines = getattr(request.node, "machines", [])
        request.node.machines.append(machine)
        return machine
    return start


@pytest.fixture
def wire(directory, stack):
    def make(name="w0"):
        w = lab.Wire(directory, name)
        stack.append(w)
        return w
    return make


@pytest.fixture
def host(stack):
    def make(*args, **kw):
        h = lab.Host(*args, **kw)
        stack.append(h)
        return h
    return make


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows what the serial consoles said."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for m in getattr(item, "machines", []):
            report.sections.append((f"serial console {m.log_path}",
                                    m.log()[-6000:]))
            if m.errors():
                report.sections.append(("QEMU", m.errors()[-2000:]))
