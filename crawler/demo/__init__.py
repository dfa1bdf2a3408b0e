"""The embedded news site that `crawler demo` and the tests crawl."""
