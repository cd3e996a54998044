"""The live dashboard: runs chosen, filtered and compared in a browser, and what-ifs run from it."""
