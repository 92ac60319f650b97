"""A server that recognises entities in texts. Only `spacy xner serve` imports it: it needs the extra `serve`."""
