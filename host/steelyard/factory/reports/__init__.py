"""Reports of tests and calibrations, as HTML and PDF, in English and Chinese."""
