"""One command, one module: options in, the packages called, results printed, an exit status out."""
