"""What holds of all tests."""

from hypothesis import settings

# How long an example takes is the machine's matter: what must be fast is measured in tests/bench.
settings.register_profile("crawler", deadline=None)
settings.load_profile("crawler")
