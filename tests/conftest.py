"""What every test may rely on."""

import gc
import os
import signal

# The workers and the processes that they start share two cores: one thread each, in all of them,
# set before numpy or torch is imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """A shell starts background jobs with Ctrl-C ignored, `nohup` all with SIGHUP ignored.

    Children inherit it, and the tests that interrupt a command would wait for it in vain.
    """
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    for number, handler in usual.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection() -> None:
    """Thousands of tests and the packages that they import stay until the end.

    The garbage collector is not to look at them, neither while they come nor afterwards, where it
    took a twentieth of the time.
    """
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
