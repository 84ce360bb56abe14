import os

from hypothesis import settings

# TensorFlow's own notices would drown the report
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# the first example often pays for an import; new examples are looked for where somebody watches
settings.register_profile("unhurried", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("unhurried")


def pytest_configure(config):
    # nbval looks for the file where pytest was started
    config.option.nbval_sanitize_with = str(config.rootpath / "notebooks" / "sanitise.cfg")
