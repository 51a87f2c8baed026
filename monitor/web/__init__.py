"""The pages: what recipients change by the links of their digests."""
