import os

# TensorFlow's own notices would drown the report
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
