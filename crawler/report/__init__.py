"""Files of a crawl to graph files and one HTML page. Knows the records alone, never the running crawl."""
