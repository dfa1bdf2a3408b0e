"""One exchange with one server: all of httpx and tenacity lives here."""
