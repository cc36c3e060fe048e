"""The program of a package: `pli-bridge`, and the modules it runs as processes of their own."""

import sys

from bridge.program import MODULE_VERB, run_as_module

if sys.argv[1:2] == [MODULE_VERB]:
    run_as_module(sys.argv[2:])
else:
    from bridge.__main__ import main

    main()
