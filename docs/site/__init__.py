"""`make site`: the documentation as a site, in English and Chinese, without network."""
