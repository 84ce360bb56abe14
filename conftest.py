import os

# TensorFlow's own notices would drown the report
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_configure(config):
    # nbval looks for the file where pytest was started
    config.option.nbval_sanitize_with = str(config.rootpath / "notebooks" / "sanitise.cfg")
